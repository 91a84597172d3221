/** Device authorizations in a database. Each step is one conditional statement or one transaction with a lock. */

import { hash } from 'node:crypto'
import { type RawBuilder, sql } from 'kysely'
import { formatScope } from '../../../token/scope.ts'
import type {
  DeviceAuthorization,
  DeviceAuthorizationStore,
  DeviceDecision,
  DeviceInsertOutcome,
  DeviceInsertRules,
  DevicePoll,
  DevicePollRules,
  DeviceStatus,
  NewDeviceAuthorization,
} from '../../device-authorization-store.ts'
import { pollOf } from '../../device-poll.ts'
import type { DialectTraits } from '../dialects/dialect-traits.ts'
import { deviceFromRow } from '../tables/api-token-device.ts'
import { atomically, reading, type StoreDb, withRetries } from '../transactions.ts'
import { takeLease } from './leases.ts'

/** The lease time of the lock row of a client: longer than a transaction. */
const START_LOCK_MS = 60_000

export function deviceAuthorizations(storeDb: StoreDb): DeviceAuthorizationStore {
  const write = <T>(work: (storeDb: StoreDb) => Promise<T>) => withRetries(storeDb, work)
  return {
    insert: (device, rules) => write((attempt) => insertDevice(attempt, device, rules)),
    find: (userDigests) => reading(storeDb, (attempt) => selectDevice(attempt, userDigests)),
    decide: (deviceDigest, decision) =>
      write((attempt) => moveDevice(attempt, deviceDigest, 'pending', columnsOf(decision))),
    poll: (deviceDigest, clientId, rules) =>
      write((attempt) => pollDevice(attempt, deviceDigest, clientId, rules)),
    redeem: (deviceDigest) =>
      write((attempt) => moveDevice(attempt, deviceDigest, 'approved', { status: 'redeemed' })),
    prune: (expiredForMs, limit) => write((attempt) => deleteExpired(attempt, expiredForMs, limit)),
  }
}

async function insertDevice(
  storeDb: StoreDb,
  device: NewDeviceAuthorization,
  { maxPending }: DeviceInsertRules,
): Promise<DeviceInsertOutcome> {
  return atomically(storeDb, async (transaction) => {
    const { db, traits } = transaction
    await lockStartsOf(transaction, device.clientId)
    if ((await countPending(transaction, device.clientId, maxPending)) >= maxPending) return 'limit_reached'
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
        generation: null,
        expires_at: sql<number>`${traits.now} + ${device.lifetimeMs}`,
        interval_ms: device.intervalMs,
        polled_at: null,
      })
      .execute()
    return 'inserted'
  })
}

/**
 * Locks a row per client until the end of the transaction, so that concurrent starts count one after another. All starts
 * use one holder name, so the lease itself is always taken: only the lock on its row matters.
 */
async function lockStartsOf(transaction: StoreDb, clientId: string): Promise<void> {
  const name = `starts ${hash('sha256', clientId, 'base64url')}`
  await takeLease(transaction, { name, holder: 'device authorization', ms: START_LOCK_MS })
}

/** Counts pending authorizations, up to the limit. */
async function countPending({ db, traits }: StoreDb, clientId: string, limit: number): Promise<number> {
  const { pending } = await db
    .selectFrom((eb) =>
      eb
        .selectFrom('api_token_devices')
        .select('device_digest')
        .where('client_id', '=', clientId)
        .where('status', '=', 'pending')
        .where('expires_at', '>', nowOnce(traits))
        .limit(limit)
        .as('pending'),
    )
    .select((eb) => eb.fn.countAll().as('pending'))
    .executeTakeFirstOrThrow()
  return Number(pending)
}

async function selectDevice(
  { db, traits }: StoreDb,
  userDigests: readonly string[],
): Promise<DeviceAuthorization | null> {
  const row = await db
    .selectFrom('api_token_devices')
    .selectAll()
    .where('user_digest', 'in', userDigests)
    .where('expires_at', '>', nowOnce(traits))
    .executeTakeFirst()
  return row === undefined ? null : deviceFromRow(row)
}

async function moveDevice(
  { db, traits }: StoreDb,
  deviceDigest: string,
  from: DeviceStatus,
  columns: ReturnType<typeof columnsOf>,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('api_token_devices')
    .set(columns)
    .where('device_digest', '=', deviceDigest)
    .where('status', '=', from)
    .where('expires_at', '>', traits.now)
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}

function columnsOf(decision: DeviceDecision | { readonly status: 'redeemed' }) {
  switch (decision.status) {
    case 'approved': {
      const { status, userId, generation, name, scopes } = decision
      return { status, user_id: userId, generation, name, scopes: formatScope(scopes) }
    }
    case 'denied':
      return { status: decision.status, user_id: decision.userId }
    default:
      return { status: decision.status }
  }
}

/** Locks the row, so that the second of two concurrent polls counts as too fast. */
async function pollDevice(
  storeDb: StoreDb,
  deviceDigest: string,
  clientId: string,
  rules: DevicePollRules,
): Promise<DevicePoll | null> {
  return atomically(storeDb, async ({ db, traits }) => {
    const query = db
      .selectFrom('api_token_devices')
      .selectAll()
      .select(traits.now.as('now'))
      .where('device_digest', '=', deviceDigest)
      .where('client_id', '=', clientId)
    const row = await traits.locked(query).executeTakeFirst()
    if (row === undefined) return null
    const poll = pollOf(deviceFromRow(row), Number(row.now), rules)
    await db
      .updateTable('api_token_devices')
      .set({ polled_at: poll.device.polledAt, interval_ms: poll.device.intervalMs })
      .where('device_digest', '=', deviceDigest)
      .execute()
    return poll
  })
}

async function deleteExpired({ db, traits }: StoreDb, expiredForMs: number, limit: number): Promise<number> {
  const expired = await db
    .selectFrom('api_token_devices')
    .select('device_digest')
    .where('expires_at', '<=', sql<number>`${nowOnce(traits)} - ${expiredForMs}`)
    .orderBy('expires_at')
    .limit(limit)
    .execute()
  if (expired.length === 0) return 0
  // Sorted, so that concurrent deletions lock the rows in the same order.
  const digests = expired.map(({ device_digest: digest }) => digest).sort()
  const { numDeletedRows } = await db
    .deleteFrom('api_token_devices')
    .where('device_digest', 'in', digests)
    .executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}

/** The clock as a subquery, which is read once. Otherwise PostgreSQL reads it for each row and uses no index. */
function nowOnce({ now }: DialectTraits): RawBuilder<number> {
  return sql<number>`(select ${now})`
}
