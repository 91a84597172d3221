/** Device authorizations in a database: each step is one conditional statement, or one transaction under a lock. */

import { formatScope } from '../../token/scope.ts'
import type {
  DeviceAuthorization,
  DeviceAuthorizationStore,
  DeviceDecision,
  DevicePoll,
  DevicePollRules,
  DeviceStatus,
  NewDeviceAuthorization,
} from '../device-authorization-store.ts'
import { pollOf } from '../device-poll.ts'
import { deviceFromRow } from './api-token-device.table.ts'
import { atomically, type Connection, reading, withRetries } from './connection.ts'

export function deviceAuthorizations(connection: Connection): DeviceAuthorizationStore {
  const write = <T>(work: (connection: Connection) => Promise<T>) => withRetries(connection, work)
  return {
    insert: (device) => write((attempt) => insertDevice(attempt, device)),
    find: (userDigests, now) => reading(connection, (attempt) => selectDevice(attempt, userDigests, now)),
    decide: (deviceDigest, decision, now) =>
      write((attempt) => moveDevice(attempt, deviceDigest, 'pending', columnsOf(decision), now)),
    poll: (deviceDigest, clientId, rules) =>
      write((attempt) => pollDevice(attempt, deviceDigest, clientId, rules)),
    redeem: (deviceDigest, now) =>
      write((attempt) => moveDevice(attempt, deviceDigest, 'approved', { status: 'redeemed' }, now)),
    prune: (expiredBefore, limit) => write((attempt) => deleteExpired(attempt, expiredBefore, limit)),
  }
}

async function insertDevice({ db }: Connection, device: NewDeviceAuthorization): Promise<void> {
  await db
    .insertInto('api_token_devices')
    .values({
      device_digest: device.deviceDigest,
      user_digest: device.userDigest,
      client_id: device.clientId,
      name: device.name,
      scopes: formatScope(device.scopes),
      status: 'pending',
      user_id: null,
      expires_at: device.expiresAt,
      interval_ms: device.intervalMs,
      polled_at: null,
    })
    .execute()
}

async function selectDevice(
  { db }: Connection,
  userDigests: readonly string[],
  now: number,
): Promise<DeviceAuthorization | null> {
  const row = await db
    .selectFrom('api_token_devices')
    .selectAll()
    .where('user_digest', 'in', userDigests)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return row === undefined ? null : deviceFromRow(row)
}

async function moveDevice(
  { db }: Connection,
  deviceDigest: string,
  from: DeviceStatus,
  columns: ReturnType<typeof columnsOf>,
  now: number,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('api_token_devices')
    .set(columns)
    .where('device_digest', '=', deviceDigest)
    .where('status', '=', from)
    .where('expires_at', '>', now)
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}

function columnsOf(decision: DeviceDecision | { readonly status: 'redeemed' }) {
  switch (decision.status) {
    case 'approved': {
      const { status, userId, name, scopes } = decision
      return { status, user_id: userId, name, scopes: formatScope(scopes) }
    }
    case 'denied':
      return { status: decision.status, user_id: decision.userId }
    default:
      return { status: decision.status }
  }
}

/** Under the lock of the row, so that of two polls at once the second counts as too fast. */
async function pollDevice(
  connection: Connection,
  deviceDigest: string,
  clientId: string,
  rules: DevicePollRules,
): Promise<DevicePoll | null> {
  return atomically(connection, async ({ db, traits }) => {
    const query = db
      .selectFrom('api_token_devices')
      .selectAll()
      .where('device_digest', '=', deviceDigest)
      .where('client_id', '=', clientId)
    const row = await traits.locked(query).executeTakeFirst()
    if (row === undefined) return null
    const poll = pollOf(deviceFromRow(row), rules)
    await db
      .updateTable('api_token_devices')
      .set({ polled_at: poll.device.polledAt, interval_ms: poll.device.intervalMs })
      .where('device_digest', '=', deviceDigest)
      .execute()
    return poll
  })
}

async function deleteExpired({ db }: Connection, expiredBefore: number, limit: number): Promise<number> {
  const expired = await db
    .selectFrom('api_token_devices')
    .select('device_digest')
    .where('expires_at', '<', expiredBefore)
    .orderBy('expires_at')
    .limit(limit)
    .execute()
  if (expired.length === 0) return 0
  // In one order, as two who delete the same must lock them.
  const digests = expired.map(({ device_digest: digest }) => digest).sort()
  const { numDeletedRows } = await db
    .deleteFrom('api_token_devices')
    .where('device_digest', 'in', digests)
    .executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}
