/** Notes on the owner's row by which maximum age its tokens were counted. */

import type { SchemaStep } from '../schema/schema-step.ts'

export const maximumAge: SchemaStep = (schema, { count }) => [
  schema.alterTable('api_token_owners').addColumn('counted_max_age', count),
]
