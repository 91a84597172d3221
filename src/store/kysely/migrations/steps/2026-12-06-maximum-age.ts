/** Notes on the owner's row by which maximum age its tokens were counted. */

import type { Migration } from '../migration.ts'

export const maximumAge: Migration = (schema, { count }) => [
  schema.alterTable('api_token_owners').addColumn('counted_max_age', count),
]
