/** What is SQLite's own. Its text compares byte by byte as it is, and its one writer is alone by itself. */

import { type Expression, sql } from 'kysely'
import type { TokenUse } from '../../token-store.ts'
import type { DialectTraits, UseRow } from '../dialect-traits.ts'
import type { Instant } from '../instant.ts'
import { returningTraits } from '../returning.ts'

const text = sql`text`
const integer = sql`integer`

export const sqliteTraits: DialectTraits = {
  ...returningTraits(usesTable),

  types: {
    text: () => text,
    longText: text,
    integer,
    count: integer,
    // Milliseconds since the epoch: SQLite has no type for times.
    instant: integer,
    tableOptions: sql`strict, without rowid`,
    sparseIndexes: true,
    indexNamesOf: 'schema',
  },

  writers: 'one',
  now: sql<number>`cast(unixepoch('subsec') * 1000 as integer)`,
  telling: (stamp) => stamp,
  time: (ms) => sql<Instant>`${ms}`,
  millis: (time) => sql<number>`${time}`,
  // Without its ICU extension SQLite knows the case of ASCII letters alone.
  lowerAscii: (field: Expression<string | null>) => sql<string | null>`lower(${field})`,
  locked: (query) => query,

  updateWithUses: ({ db }, uses) => db.updateTable('api_tokens').from(usesTable(uses)),

  requireServer: async () => undefined,
  migrateAlone: ({ db, traits }, work) =>
    db.transaction().execute((transaction) => work({ db: transaction, traits })),
  isDoneAlready: () => false,
  isMissingTable: (error) => error instanceof Error && /no such table/.test(error.message),
  // It waits for a lock by itself, and says so when that took too long.
  asksForRetry: () => false,
}

function usesTable(uses: readonly TokenUse[]) {
  const rows = JSON.stringify(uses.map((use) => [use.tokenId, use.count, use.lastUsedAt]))
  return sql<UseRow>`(select value ->> 0 as id, value ->> 1 as uses, value ->> 2 as used_at from json_each(${rows}))`.as<'used'>(
    sql`used`,
  )
}
