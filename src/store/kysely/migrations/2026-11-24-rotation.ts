/** Lets a token name its successor, its predecessor, and the end of the grace in which both work. */

import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { DialectTraits } from '../dialect-traits.ts'

export function rotation({ text, integer }: DialectTraits): Migration {
  return {
    async up(db: Kysely<unknown>) {
      // One column a statement: SQLite adds no more at once.
      await db.schema.alterTable('api_tokens').addColumn('successor_id', text).execute()
      await db.schema.alterTable('api_tokens').addColumn('predecessor_id', text).execute()
      await db.schema.alterTable('api_tokens').addColumn('grace_ends_at', integer).execute()
      await db.schema.createIndex('api_tokens_grace').on('api_tokens').columns(['grace_ends_at']).execute()
    },
  }
}
