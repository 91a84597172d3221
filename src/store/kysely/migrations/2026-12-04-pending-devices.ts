/** Lets the pending device authorizations of a client be counted without reading the others. */

import type { SchemaStep } from '../schema/schema-step.ts'

export const pendingDevices: SchemaStep = (schema) => [
  schema
    .createIndex('api_token_devices_pending')
    .on('api_token_devices')
    .columns(['client_id', 'status', 'expires_at']),
]
