/** Creates the two tables, with the indexes of the owner's page, the idle sweep and the pruning. */

import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { DialectTraits } from '../dialect-traits.ts'

export function tokensAndOwners(traits: DialectTraits): Migration {
  return {
    async up(db: Kysely<unknown>) {
      await createOwners(db, traits)
      await createTokens(db, traits)
      await createIndexes(db)
    },
  }
}

async function createOwners(
  db: Kysely<unknown>,
  { text, integer, tableOptions }: DialectTraits,
): Promise<void> {
  await db.schema
    .createTable('api_token_owners')
    .addColumn('user_id', text, (column) => column.notNull().primaryKey())
    .addColumn('status', text, (column) => column.notNull())
    .addColumn('generation', integer, (column) => column.notNull())
    .addColumn('removed_at', integer)
    .modifyEnd(tableOptions)
    .execute()
}

async function createTokens(
  db: Kysely<unknown>,
  { text, integer, tableOptions }: DialectTraits,
): Promise<void> {
  await db.schema
    .createTable('api_tokens')
    .addColumn('id', text, (column) => column.notNull().primaryKey())
    .addColumn('user_id', text, (column) => column.notNull())
    .addColumn('generation', integer, (column) => column.notNull())
    .addColumn('name', text)
    .addColumn('description', text)
    .addColumn('scopes', text, (column) => column.notNull())
    .addColumn('status', text, (column) => column.notNull())
    .addColumn('status_reason', text)
    .addColumn('hint', text, (column) => column.notNull())
    .addColumn('kid', text, (column) => column.notNull())
    .addColumn('created_at', integer, (column) => column.notNull())
    .addColumn('updated_at', integer, (column) => column.notNull())
    .addColumn('expires_at', integer)
    .addColumn('last_used_at', integer)
    .addColumn('idle_from', integer, (column) => column.notNull())
    .addColumn('use_count', integer, (column) => column.notNull())
    .addColumn('revoked_at', integer)
    .modifyEnd(tableOptions)
    .execute()
}

async function createIndexes(db: Kysely<unknown>): Promise<void> {
  const index = (name: string) => db.schema.createIndex(name)
  await index('api_tokens_of_owner').on('api_tokens').columns(['user_id', 'id']).execute()
  await index('api_tokens_idle').on('api_tokens').columns(['status', 'idle_from']).execute()
  await index('api_tokens_revoked').on('api_tokens').columns(['revoked_at']).execute()
  await index('api_tokens_expired').on('api_tokens').columns(['expires_at']).execute()
  await index('api_token_owners_removed').on('api_token_owners').columns(['removed_at']).execute()
}
