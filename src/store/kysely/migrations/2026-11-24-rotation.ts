/** Lets a token name its successor, its predecessor, and the end of the grace in which both work. */

import type { SchemaStep } from '../schema/schema-step.ts'
import { sparseIndex } from '../schema/schema-step.ts'

export const rotation: SchemaStep = (schema, types) => [
  schema.alterTable('api_tokens').addColumn('successor_id', types.text(64)),
  schema.alterTable('api_tokens').addColumn('predecessor_id', types.text(64)),
  schema.alterTable('api_tokens').addColumn('grace_ends_at', types.instant),
  sparseIndex(schema, types, 'api_tokens_grace', 'api_tokens', 'grace_ends_at'),
]
