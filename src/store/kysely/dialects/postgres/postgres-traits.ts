/** The traits of PostgreSQL and PGlite. */

import { type Expression, sql } from 'kysely'
import type { TokenUse } from '../../../token-store.ts'
import { storableUses, USE_COLUMNS, useValues } from '../../queries/use-values.ts'
import type { Instant } from '../../tables/instant.ts'
import { isUuid, type StoredId } from '../../tables/stored-id.ts'
import { atomically } from '../../transactions.ts'
import type { DialectTraits, UseRow } from '../dialect-traits.ts'
import { returningTraits } from '../returning.ts'
import { END_OF_TIME, isoInRange } from '../utc-range.ts'
import { requireAccess } from './postgres-access.ts'
import { isMissingTable, isPermanentInPostgres, isRetryable } from './postgres-errors.ts'
import { requireSession, SESSION_QUERY, type SessionRow } from './postgres-session.ts'

/** Compares by bytes, independent of the database's collation. `lower` then folds ASCII letters only. */
const text = sql`text collate "C"`
/** One channel per database. A message about a row of another schema only costs a read. */
export const INVALIDATION_CHANNEL = 'fastify_api_tokens'

const USE_TYPES: Readonly<Record<keyof UseRow, string>> = {
  id: 'uuid',
  uses: 'bigint',
  used_at: 'timestamptz',
  asked: 'bigint',
  ip: 'text collate "C"',
  user_agent: 'text collate "C"',
}

/** The advisory lock of migrations: two random numbers. */
const LOCK = sql`pg_advisory_xact_lock(1634758772, 1869309797)`

const returning = returningTraits(usesTable)

export const postgresTraits: DialectTraits = {
  ...returning,
  // At read committed, so that concurrent changes of one token wait for each other instead of failing.
  change: (storeDb, id, update) =>
    atomically(storeDb, (transaction) => returning.change(transaction, id, update)),

  types: {
    id: sql`uuid`,
    text: () => text,
    longText: text,
    integer: sql`integer`,
    count: sql`bigint`,
    instant: sql`timestamptz(3)`,
    computed: (type, expression) => sql`${type} generated always as (${expression}) stored`,
    earliest: (columns) =>
      sql`coalesce(least(${sql.join(columns.map((column) => sql.ref(column)))}), timestamptz ${sql.lit(isoInRange(END_OF_TIME))})`,
    nameKey: (name, id) =>
      sql`coalesce(${sql.ref(name)}, '') || chr(1) || encode(uuid_send(${sql.ref(id)}), 'hex')`,
    tableOptions: sql``,
    // Room on each page for the new version of a row, which then needs no new index entry.
    updatedTableOptions: sql`with (fillfactor = 80)`,
    sparseIndexes: true,
  },

  writers: 'many',
  pagesNeedEnds: false,
  readsTokensBy: 'lateral joins',
  // `now()` would be the start of the transaction.
  now: sql<number>`floor(extract(epoch from clock_timestamp()) * 1000)::bigint`,
  // The server delivers the message when the transaction commits, and equal messages of a transaction once. `pg_notify`
  // returns void, whose text is empty: its length adds 0 to the stamp.
  withNotify: (stamp, kind, id) =>
    sql<number>`(${stamp}) + length(pg_notify(${sql.lit(INVALIDATION_CHANNEL)}, ${sql.lit(`${kind} `)} || ${id})::text)`,
  // A text with an offset does not depend on the session's time zone.
  time: (ms) => sql<Instant>`${isoInRange(ms)}::timestamptz`,
  // A whole number, because `extra_float_digits` of the session may round a float.
  millis: (time) => sql<number>`round(extract(epoch from ${time}) * 1000)::bigint`,
  later: (one, other) => sql<Instant>`greatest(${one}, ${other})`,
  // PostgreSQL would also read capitals, braces and missing dashes.
  id: (id) => sql<StoredId>`${idParameter(id)}::uuid`,
  idParameter,
  idText: (id) => sql<string>`${id}::text`,
  lowerAscii: (field: Expression<string | null>) => sql<string | null>`lower(${field})`,
  locked: (query, whenLocked = 'wait') =>
    whenLocked === 'skip' ? query.forUpdate().skipLocked() : query.forUpdate(),

  updateWithUses: ({ db }, uses) => db.updateTable('api_tokens').from(usesTable(uses)),

  requireServer: async ({ db }) => {
    const { rows } = await sql.raw<SessionRow>(SESSION_QUERY).execute(db)
    for (const row of rows) requireSession(row)
  },
  requireTables: requireAccess,
  migrateAlone: ({ db, traits }, work) =>
    // At read committed, so that after the wait for the lock the migrations of others are visible.
    db
      .transaction()
      .setIsolationLevel('read committed')
      .execute(async (transaction) => {
        // A migration of a large table may take longer than the role's statement_timeout.
        await sql`set local statement_timeout = 0`.execute(transaction)
        // It is released with the transaction.
        await sql`select ${LOCK}`.execute(transaction)
        return work({ db: transaction, traits })
      }),
  isDuplicateObject: () => false,
  isMissingTable,
  isPermanent: isPermanentInPostgres,
  isRetryable,
}

function idParameter(id: string): string | null {
  return isUuid(id) ? id : null
}

function usesTable(uses: readonly TokenUse[]) {
  const rows = JSON.stringify(storableUses(uses).map((use) => useValues(use, isoInRange(use.lastUsedAt))))
  const columns = USE_COLUMNS.map(
    (name, n) => sql`(value ->> ${sql.lit(n)})::${sql.raw(USE_TYPES[name])} as ${sql.ref(name)}`,
  )
  return sql<UseRow>`(select ${sql.join(columns)} from json_array_elements(${rows}::json) as value)`.as<'used'>(
    sql`used`,
  )
}
