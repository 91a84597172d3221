/** The traits of SQLite. It compares texts by bytes, and it has one writer at a time. */

import { type Expression, sql } from 'kysely'
import type { TokenUse } from '../../../token-store.ts'
import { storableUses, USE_COLUMNS, useValues } from '../../queries/use-values.ts'
import type { Instant } from '../../tables/instant.ts'
import { bytesOfId, type StoredId } from '../../tables/stored-id.ts'
import { atomically, withRetries } from '../../transactions.ts'
import type { DialectTraits, UseRow } from '../dialect-traits.ts'
import { returningTraits } from '../returning.ts'
import { END_OF_TIME } from '../utc-range.ts'
import { requireWritable } from './require-writable.ts'
import { isPermanentInSqlite } from './sqlite-errors.ts'

const text = sql`text`
const integer = sql`integer`

export const sqliteTraits: DialectTraits = {
  ...returningTraits(usesTable),

  types: {
    id: sql`blob`,
    text: () => text,
    longText: text,
    integer,
    count: integer,
    // Milliseconds since the epoch, because SQLite has no type for times.
    instant: integer,
    computed: (type, expression) => sql`${type} generated always as (${expression}) virtual`,
    earliest: (columns) => sql`min(${sql.join(columns.map(orEndOfTime))})`,
    nameKey: (name, id) => sql`coalesce(${sql.ref(name)}, '') || char(1) || lower(hex(${sql.ref(id)}))`,
    tableOptions: sql`strict, without rowid`,
    updatedTableOptions: sql`strict, without rowid`,
    sparseIndexes: true,
  },

  writers: 'one',
  pagesNeedEnds: false,
  readsTokensBy: 'joins',
  now: sql<number>`cast(unixepoch('subsec') * 1000 as integer)`,
  withNotify: (stamp) => stamp,
  time: (ms) => sql<Instant>`${ms}`,
  millis: (time) => sql<number>`${time}`,
  later: (one, other) => sql<Instant>`max(${one}, ${other})`,
  id: (id) => sql<StoredId>`${bytesOfId(id)}`,
  idParameter: bytesOfId,
  // As a text, because drivers return bytes in different types.
  idText: (id) => sql<string>`hex(${id})`,
  // Without the ICU extension, SQLite folds ASCII letters only.
  lowerAscii: (field: Expression<string | null>) => sql<string | null>`lower(${field})`,
  locked: (query) => query,

  updateWithUses: ({ db }, uses) => db.updateTable('api_tokens').from(usesTable(uses)),

  requireServer: requireWritable,
  migrateAlone: (storeDb, work) => withRetries(storeDb, (attempt) => atomically(attempt, work)),
  isDuplicateObject: () => false,
  isMissingTable: (error) => error instanceof Error && /no such table/.test(error.message),
  isPermanent: isPermanentInSqlite,
  // `lockWaits` retries instead.
  isRetryable: () => false,
}

function orEndOfTime(column: string) {
  return sql`coalesce(${sql.ref(column)}, ${sql.lit(END_OF_TIME)})`
}

function usesTable(uses: readonly TokenUse[]) {
  const rows = JSON.stringify(storableUses(uses).map((use) => useValues(use, use.lastUsedAt)))
  const columns = sql.join(
    USE_COLUMNS.map((column, n) => {
      const value = sql`value ->> ${sql.lit(n)}`
      return sql`${column === 'id' ? sql`unhex(${value})` : value} as ${sql.ref(column)}`
    }),
  )
  return sql<UseRow>`(select ${columns} from json_each(${rows}))`.as<'used'>(sql`used`)
}
