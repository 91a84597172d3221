/** Lets leases that have run out be found without walking through all. */

import type { SchemaStep } from '../schema/schema-step.ts'

export const endedLeases: SchemaStep = (schema) => [
  schema.createIndex('api_token_leases_ended').on('api_token_leases').columns(['ends_at']),
]
