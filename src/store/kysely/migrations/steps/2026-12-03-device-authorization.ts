/** Creates the table of device authorizations (RFC 8628). */

import type { Migration } from '../migration.ts'

export const deviceAuthorization: Migration = (schema, { text, longText, count, tableOptions }) => [
  schema
    .createTable('api_token_devices')
    .addColumn('device_digest', text(64), (column) => column.notNull().primaryKey())
    .addColumn('user_digest', text(64), (column) => column.notNull())
    .addColumn('client_id', text(255), (column) => column.notNull())
    .addColumn('name', text(100))
    .addColumn('scopes', longText, (column) => column.notNull())
    .addColumn('status', text(16), (column) => column.notNull())
    .addColumn('user_id', text(255))
    .addColumn('expires_at', count, (column) => column.notNull())
    .addColumn('interval_ms', count, (column) => column.notNull())
    .addColumn('polled_at', count)
    .modifyEnd(tableOptions),
  schema.createIndex('api_token_devices_user_code').on('api_token_devices').columns(['user_digest']).unique(),
  schema.createIndex('api_token_devices_expired').on('api_token_devices').columns(['expires_at']),
]
