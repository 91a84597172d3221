/** The traits of MySQL 8 and MariaDB. */

import {
  type Expression,
  type InsertQueryBuilder,
  type InsertResult,
  sql,
  type UpdateObject,
  type UpdateQueryBuilder,
  type UpdateResult,
} from 'kysely'
import type { TokenUse } from '../../../token-store.ts'
import { storableUses, USE_COLUMNS, useValues } from '../../queries/use-values.ts'
import type { ApiTokenDatabase } from '../../tables/database.ts'
import type { Instant } from '../../tables/instant.ts'
import { bytesOfId, type StoredId } from '../../tables/stored-id.ts'
import { type ApiTokenRow, tokenColumns } from '../../tables/token-row.ts'
import { atomically, type StoreDb } from '../../transactions.ts'
import type { ColumnRef, DialectTraits, UseRow } from '../dialect-traits.ts'
import { errorMember } from '../error-code.ts'
import { END_OF_TIME, isoInRange } from '../utc-range.ts'
import { isPermanentInMysql } from './mysql-errors.ts'
import { requireTables } from './table-check.ts'

const DEADLOCK = 1213
/** MariaDB: the row has changed since it was read, with `innodb_snapshot_isolation`. */
const CHANGED_SINCE_READ = 1020
const NO_SUCH_TABLE = 1146
const TABLE_EXISTS = 1050
const COLUMN_EXISTS = 1060
const INDEX_EXISTS = 1061

const USE_TYPES: Readonly<Record<keyof UseRow, string>> = {
  id: 'varchar(32) character set utf8mb4',
  uses: 'bigint',
  used_at: 'datetime(3)',
  asked: 'bigint',
  ip: 'varchar(64) character set utf8mb4',
  user_agent: 'varchar(255) character set utf8mb4',
}

/** Compares texts by bytes, including trailing spaces. Each server runs only the comment that is for it. */
const BYTES = sql.raw('/*M! collate utf8mb4_nopad_bin */ /*!80017 collate utf8mb4_0900_bin */')
/** Explicit, because the server's defaults may differ: other row formats cannot index a user id. */
const TABLE_OPTIONS = sql`engine = InnoDB, row_format = dynamic, default character set utf8mb4 ${BYTES}`
const EPOCH = sql.raw("timestamp'1970-01-01 00:00:00'")
const LOCK = sql.lit('fastify-api-tokens.migration')
const LOCK_SECONDS = sql.lit(3600)

export const mysqlTraits: DialectTraits = {
  types: {
    id: sql`binary(16)`,
    text: (length) => sql`varchar(${sql.lit(length)})`,
    longText: sql`text`,
    integer: sql`integer`,
    count: sql`bigint`,
    // In UTC, up to the year 9999. The type has no time zone, so the session's does not matter.
    instant: sql`datetime(3)`,
    computed: (type, expression) => sql`${type} generated always as (${expression}) stored`,
    earliest: (columns) => sql`least(${sql.join(columns.map(orEndOfTime))})`,
    nameKey: (name, id) =>
      sql`concat(coalesce(${sql.ref(name)}, ''), char(1 using utf8mb4), lower(hex(${sql.ref(id)})))`,
    tableOptions: TABLE_OPTIONS,
    updatedTableOptions: TABLE_OPTIONS,
    sparseIndexes: false,
  },

  writers: 'many',
  // Otherwise it reads a first page by primary key, past tokens of other owners, and a later one from the owner's last row on.
  pagesNeedEnds: true,
  // MariaDB has none.
  readsTokensBy: 'subqueries',
  now: sql<number>`(timestampdiff(microsecond, ${EPOCH}, utc_timestamp(3)) div 1000)`,
  withNotify: (stamp) => stamp,
  time: (ms) => sql<Instant>`cast(${datetime(ms)} as datetime(3))`,
  millis: (time) => sql<number>`timestampdiff(microsecond, ${EPOCH}, ${time}) div 1000`,
  later: (one, other) => sql<Instant>`greatest(${one}, ${other})`,
  id: (id) => sql<StoredId>`${bytesOfId(id)}`,
  idParameter: bytesOfId,
  // As a text, because a host's driver may return bytes in another type.
  idText: (id) => sql<string>`hex(${id})`,
  lowerAscii,
  locked: (query, whenLocked = 'wait') =>
    whenLocked === 'skip' ? query.forUpdate().skipLocked() : query.forUpdate(),

  onConflictDoNothing,
  onConflictUpdate,
  usesTable,

  change: (storeDb, id, update) =>
    atomically(storeDb, async ({ db, traits }) => {
      const { numUpdatedRows } = await update(db.updateTable('api_tokens'))
        .where('api_tokens.id', '=', traits.id(id))
        .executeTakeFirstOrThrow()
      if (numUpdatedRows === 0n) return undefined
      // The row is locked until the end of the transaction, so this reads what the UPDATE wrote.
      return db
        .selectFrom('api_tokens')
        .select(tokenColumns(traits))
        .where('id', '=', traits.id(id))
        .$castTo<ApiTokenRow>()
        .executeTakeFirstOrThrow()
    }),

  updateWithUses: ({ db }, uses) =>
    // Kysely's type for an UPDATE of two tables does not support a derived table.
    db.updateTable([usesTable(uses), 'api_tokens'] as never) as unknown as UpdateQueryBuilder<
      ApiTokenDatabase & { used: UseRow },
      'api_tokens',
      'api_tokens' | 'used',
      UpdateResult
    >,

  // Each connection is checked before its first statement instead.
  requireServer: async () => undefined,
  requireTables,
  migrateAlone,
  isDuplicateObject: (error) =>
    [TABLE_EXISTS, COLUMN_EXISTS, INDEX_EXISTS].includes(Number(errorMember(error, 'errno'))),
  isMissingTable: (error) => errorMember(error, 'errno') === NO_SUCH_TABLE,
  isPermanent: isPermanentInMysql,
  isRetryable: (error) => [DEADLOCK, CHANGED_SINCE_READ].includes(Number(errorMember(error, 'errno'))),
}

/** Writes the key over itself, because `insert ignore` would hide other errors too. */
function onConflictDoNothing<Table extends keyof ApiTokenDatabase>(
  insert: InsertQueryBuilder<ApiTokenDatabase, Table, InsertResult>,
  key: string & keyof ApiTokenDatabase[Table],
) {
  // TypeScript cannot infer the type of the column for a generic table.
  return insert.onDuplicateKeyUpdate({ [key]: sql.ref(key) } as never)
}

function onConflictUpdate<Table extends keyof ApiTokenDatabase>(
  insert: InsertQueryBuilder<ApiTokenDatabase, Table, InsertResult>,
  table: Table,
  _keys: readonly string[],
  update: (stored: ColumnRef<Table>, added: ColumnRef<Table>) => UpdateObject<ApiTokenDatabase, Table>,
) {
  const columns = update(
    (name) => sql.ref(`${table}.${name}`),
    (name) => sql`values(${sql.ref(name)})`,
  )
  return insert.onDuplicateKeyUpdate(columns as never)
}

/** `lower` of MySQL would fold letters beyond ASCII too. */
function lowerAscii(text: Expression<string | null>) {
  const letters = Array.from({ length: 26 }, (_, index) => String.fromCharCode(65 + index))
  return letters.reduce(
    (folded, letter) => sql`replace(${folded}, ${sql.lit(letter)}, ${sql.lit(letter.toLowerCase())})`,
    sql<string | null>`${text}`,
  )
}

function orEndOfTime(column: string) {
  return sql`coalesce(${sql.ref(column)}, timestamp ${sql.lit(datetime(END_OF_TIME))})`
}

function datetime(ms: number): string {
  return isoInRange(ms).replace('T', ' ').replace('Z', '')
}

function usesTable(uses: readonly TokenUse[]) {
  const rows = JSON.stringify(storableUses(uses).map((use) => useValues(use, datetime(use.lastUsedAt))))
  const columns = sql.join(
    USE_COLUMNS.map(
      (name, n) => sql`${sql.ref(name)} ${sql.raw(USE_TYPES[name])} path ${sql.lit(`$[${n}]`)}`,
    ),
  )
  const selected = sql.join(USE_COLUMNS.map((name) => (name === 'id' ? sql`unhex(id) as id` : sql.ref(name))))
  // A table in JSON has no binary columns.
  return sql<UseRow>`(select ${selected} from json_table(${rows}, '$[*]' columns (${columns})) as uses)`.as<'used'>(
    sql`used`,
  )
}

/** DDL of MySQL cannot be rolled back. A lock of the connection keeps other instances waiting. */
async function migrateAlone<T>({ db, traits }: StoreDb, work: (storeDb: StoreDb) => Promise<T>): Promise<T> {
  return db.connection().execute(async (connection) => {
    // The lock belongs to the connection, so a crash releases it.
    const { rows } = await sql<{ got: unknown }>`select get_lock(${LOCK}, ${LOCK_SECONDS}) as got`.execute(
      connection,
    )
    // 0 after the time limit, null when the wait was killed.
    if (Number(rows[0]?.got) !== 1)
      throw new Error('another instance still migrates the schema of a token store')
    try {
      return await work({ db: connection, traits })
    } finally {
      // A lost connection has released it already. An earlier error is the one to report.
      await sql`select release_lock(${LOCK})`.execute(connection).catch(() => undefined)
    }
  })
}
