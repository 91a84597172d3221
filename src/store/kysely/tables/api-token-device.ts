/** The table of device authorizations. Rows are deleted some time after they have expired. */

import type { Selectable } from 'kysely'
import { parseScope } from '../../../token/scope.ts'
import type { DeviceAuthorization, DeviceStatus } from '../../device-authorization-store.ts'

/** Times are in milliseconds since the epoch. */
export interface ApiTokenDeviceTable {
  device_digest: string
  user_digest: string
  client_id: string
  name: string | null
  scopes: string
  status: DeviceStatus
  user_id: string | null
  /** Of the user's row in the table of owners, at the approval. */
  generation: number | null
  expires_at: number
  interval_ms: number
  polled_at: number | null
}

export function deviceFromRow(row: Selectable<ApiTokenDeviceTable>): DeviceAuthorization {
  return {
    deviceDigest: row.device_digest,
    userDigest: row.user_digest,
    clientId: row.client_id,
    name: row.name,
    scopes: parseScope(row.scopes),
    status: row.status,
    userId: row.user_id,
    generation: row.generation === null ? null : Number(row.generation),
    // Drivers may return 53-bit integers as texts.
    expiresAt: Number(row.expires_at),
    intervalMs: Number(row.interval_ms),
    polledAt: row.polled_at === null ? null : Number(row.polled_at),
  }
}
