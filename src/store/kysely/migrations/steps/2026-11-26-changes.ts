/** Gives tokens and owners the time of their last change by the database's clock, which other instances ask for. */

import { type Migration, sparseIndex } from '../migration.ts'

export const changes: Migration = (schema, types) => [
  schema.alterTable('api_tokens').addColumn('changed_at', types.count),
  sparseIndex(schema, types, 'api_tokens_changed', 'api_tokens', 'changed_at'),
  schema.alterTable('api_token_owners').addColumn('changed_at', types.count),
  sparseIndex(schema, types, 'api_token_owners_changed', 'api_token_owners', 'changed_at'),
]
