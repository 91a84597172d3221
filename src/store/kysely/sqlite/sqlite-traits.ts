/** What is SQLite's own. Its text compares byte by byte as it is. */

import { sql } from 'kysely'
import type { TokenUse } from '../../token-store.ts'
import type { DialectTraits, UseRow } from '../dialect-traits.ts'

export const sqliteTraits: DialectTraits = {
  text: 'text',
  integer: 'integer',
  tableOptions: sql`strict, without rowid`,

  usesTable(uses: readonly TokenUse[]) {
    const rows = JSON.stringify(uses.map((use) => [use.tokenId, use.count, use.lastUsedAt]))
    return sql<UseRow>`(select value ->> 0 as id, value ->> 1 as uses, value ->> 2 as used_at from json_each(${rows}))`.as<'used'>(
      sql`used`,
    )
  },
}
