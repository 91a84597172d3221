/** Lets the pending device authorizations of a client be counted without reading the others. */

import type { Migration } from '../migration.ts'

export const pendingDevices: Migration = (schema) => [
  schema
    .createIndex('api_token_devices_pending')
    .on('api_token_devices')
    .columns(['client_id', 'status', 'expires_at']),
]
