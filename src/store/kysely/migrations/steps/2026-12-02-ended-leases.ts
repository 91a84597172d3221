/** Lets leases that have run out be found without walking through all. */

import type { Migration } from '../migration.ts'

export const endedLeases: Migration = (schema) => [
  schema.createIndex('api_token_leases_ended').on('api_token_leases').columns(['ends_at']),
]
