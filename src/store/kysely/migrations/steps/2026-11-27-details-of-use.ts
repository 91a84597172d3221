/** Lets a token remember which of its scopes were asked for, and who used it last. */

import type { Migration } from '../migration.ts'

export const detailsOfUse: Migration = (schema, types) => [
  schema
    .alterTable('api_tokens')
    .addColumn('scopes_used', types.count, (column) => column.notNull().defaultTo(0)),
  schema.alterTable('api_tokens').addColumn('last_used_ip', types.text(64)),
  schema.alterTable('api_tokens').addColumn('last_used_user_agent', types.text(255)),
]
