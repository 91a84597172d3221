/** Lets a token name its successor, its predecessor, and the end of the grace in which both work. */

import type { Migration } from '../migration.ts'
import { sparseIndex } from '../migration.ts'

export const rotation: Migration = (schema, types) => [
  schema.alterTable('api_tokens').addColumn('successor_id', types.text(64)),
  schema.alterTable('api_tokens').addColumn('predecessor_id', types.text(64)),
  schema.alterTable('api_tokens').addColumn('grace_ends_at', types.instant),
  sparseIndex(schema, types, 'api_tokens_grace', 'api_tokens', 'grace_ends_at'),
]
