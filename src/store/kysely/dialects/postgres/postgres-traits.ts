/** What is PostgreSQL's own. PGlite is PostgreSQL. */

import { type Expression, sql } from 'kysely'
import type { TokenUse } from '../../../token-store.ts'
import { USE_COLUMNS, useValues } from '../../queries/use-values.ts'
import type { Instant } from '../../tables/instant.ts'
import { atomically } from '../../transactions.ts'
import type { DialectTraits, UseRow } from '../dialect-traits.ts'
import { returningTraits } from '../returning.ts'
import { END_OF_TIME, isoInRange } from '../utc-range.ts'
import { requireAccess } from './postgres-access.ts'
import { isMissingTable, isPermanentInPostgres, isRetryable } from './postgres-errors.ts'
import { requireSession, SESSION_QUERY, type SessionRow } from './postgres-session.ts'

/** By bytes, whatever the database's own collation; its `lower` knows ASCII letters alone. */
const text = sql`text collate "C"`
/** One for a whole database: news of another schema's rows only makes an instance read again. */
export const INVALIDATION_CHANNEL = 'fastify_api_tokens'

const USE_TYPES: Readonly<Record<keyof UseRow, string>> = {
  id: 'text collate "C"',
  uses: 'bigint',
  used_at: 'timestamptz',
  asked: 'bigint',
  ip: 'text collate "C"',
  user_agent: 'text collate "C"',
}

/** Which advisory lock says that a schema is being migrated: two numbers that no host has chosen. */
const LOCK = sql`pg_advisory_xact_lock(1634758772, 1869309797)`

const returning = returningTraits(usesTable)

export const postgresTraits: DialectTraits = {
  ...returning,
  // At read committed, whatever the default of the session is: many who change one token at once wait for each other.
  change: (storeDb, id, update) =>
    atomically(storeDb, (transaction) => returning.change(transaction, id, update)),

  types: {
    text: () => text,
    longText: text,
    integer: sql`integer`,
    count: sql`bigint`,
    instant: sql`timestamptz(3)`,
    computed: (type, expression) => sql`${type} generated always as (${expression}) stored`,
    earliest: (columns) =>
      sql`coalesce(least(${sql.join(columns.map((column) => sql.ref(column)))}), timestamptz ${sql.lit(isoInRange(END_OF_TIME))})`,
    joined: (nullableText, other) =>
      sql`coalesce(${sql.ref(nullableText)}, '') || chr(1) || ${sql.ref(other)}`,
    tableOptions: sql``,
    sparseIndexes: true,
  },

  // `now()` would be when the transaction began.
  writers: 'many',
  now: sql<number>`floor(extract(epoch from clock_timestamp()) * 1000)::bigint`,
  // The server delivers it only when the transaction commits, and delivers equal messages of a transaction once.
  withNotify: (stamp, kind, id) =>
    sql<number>`(${stamp}) + length(pg_notify(${sql.lit(INVALIDATION_CHANNEL)}, ${sql.lit(`${kind} `)} || ${id})::text)`,
  // With its offset a text is one moment, in whatever time zone the session is.
  time: (ms) => sql<Instant>`${isoInRange(ms)}::timestamptz`,
  // As a whole number: `extra_float_digits` of a session may cut the digits of another.
  millis: (time) => sql<number>`round(extract(epoch from ${time}) * 1000)::bigint`,
  lowerAscii: (field: Expression<string | null>) => sql<string | null>`lower(${field})`,
  locked: (query, whenLocked = 'wait') =>
    whenLocked === 'skip' ? query.forUpdate().skipLocked() : query.forUpdate(),

  updateWithUses: ({ db }, uses) =>
    db.updateTable('api_tokens').from(
      // In the order of their ids: two who lock the same rows one way wait, and do not block each other.
      db
        .selectFrom(usesTable(uses))
        .innerJoin('api_tokens as token', 'token.id', 'used.id')
        .select(USE_COLUMNS.map((column) => `used.${column}` as const))
        .orderBy('used.id')
        .forUpdate('token')
        .as('used'),
    ),

  requireServer: async ({ db }) => {
    const { rows } = await sql.raw<SessionRow>(SESSION_QUERY).execute(db)
    for (const row of rows) requireSession(row)
  },
  requireTables: requireAccess,
  migrateAlone: ({ db, traits }, work) =>
    // Who has waited for the lock must see what was committed meanwhile, whatever the server's default is.
    db
      .transaction()
      .setIsolationLevel('read committed')
      .execute(async (transaction) => {
        // A step takes as long as the table is large, whatever a statement of the role may take.
        await sql`set local statement_timeout = 0`.execute(transaction)
        // Until the end of the transaction, whatever ends it.
        await sql`select ${LOCK}`.execute(transaction)
        return work({ db: transaction, traits })
      }),
  isDuplicateObject: () => false,
  isMissingTable,
  isPermanent: isPermanentInPostgres,
  isRetryable,
}

function usesTable(uses: readonly TokenUse[]) {
  const rows = JSON.stringify(uses.map((use) => useValues(use, isoInRange(use.lastUsedAt))))
  const columns = USE_COLUMNS.map(
    (name, n) => sql`(value ->> ${sql.lit(n)})::${sql.raw(USE_TYPES[name])} as ${sql.ref(name)}`,
  )
  return sql<UseRow>`(select ${sql.join(columns)} from json_array_elements(${rows}::json) as value)`.as<'used'>(
    sql`used`,
  )
}
