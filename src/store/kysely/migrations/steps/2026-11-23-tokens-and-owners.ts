/** Creates the two tables, with the indexes of the owner's page, the idle sweep and the pruning. */

import type { Migration } from '../migration.ts'
import { sparseIndex } from '../migration.ts'

export const tokensAndOwners: Migration = (schema, types) => {
  const { text, longText, integer, count, instant, tableOptions } = types
  return [
    schema
      .createTable('api_token_owners')
      .addColumn('user_id', text(255), (column) => column.notNull().primaryKey())
      .addColumn('status', text(16), (column) => column.notNull())
      .addColumn('generation', integer, (column) => column.notNull())
      .addColumn('removed_at', instant)
      .modifyEnd(tableOptions),
    sparseIndex(schema, types, 'api_token_owners_removed', 'api_token_owners', 'removed_at'),
    schema
      .createTable('api_tokens')
      .addColumn('id', text(64), (column) => column.notNull().primaryKey())
      .addColumn('user_id', text(255), (column) => column.notNull())
      .addColumn('generation', integer, (column) => column.notNull())
      .addColumn('name', text(100))
      .addColumn('description', text(1000))
      .addColumn('scopes', longText, (column) => column.notNull())
      .addColumn('status', text(16), (column) => column.notNull())
      .addColumn('status_reason', text(16))
      .addColumn('hint', text(16), (column) => column.notNull())
      .addColumn('kid', text(255), (column) => column.notNull())
      .addColumn('created_at', instant, (column) => column.notNull())
      .addColumn('updated_at', instant, (column) => column.notNull())
      .addColumn('expires_at', instant)
      .addColumn('last_used_at', instant)
      .addColumn('idle_from', instant, (column) => column.notNull())
      .addColumn('use_count', count, (column) => column.notNull())
      .addColumn('revoked_at', instant)
      .modifyEnd(tableOptions),
    schema.createIndex('api_tokens_of_owner').on('api_tokens').columns(['user_id', 'id']),
    schema.createIndex('api_tokens_idle').on('api_tokens').columns(['status', 'idle_from']),
    sparseIndex(schema, types, 'api_tokens_revoked', 'api_tokens', 'revoked_at'),
    sparseIndex(schema, types, 'api_tokens_expired', 'api_tokens', 'expires_at'),
  ]
}
