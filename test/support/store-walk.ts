/** Goes through every kind of statement of a store, and says what came out: the same on each that is right. */

import { devicesOf } from '../../src/store/devices-of.ts'
import type { TokenStore } from '../../src/store/token-store.ts'
import {
  daysFrom,
  draft,
  id,
  MANY_ENDED,
  NOW,
  numbers,
  put,
  query,
  rowOf,
} from '../../src/testing/store-contract/records.ts'

/** User ids of which no two are the same user. */
export const USERS = [
  'admin',
  'Admin',
  'admin ',
  'šdmin',
  'ádmin',
  '𝄞dmin',
  "ad'min",
  'ad\\min',
  'ħ or 1=1 -- ',
]

const SCOPE = { now: NOW, idleBefore: null }

/** Empties the tables and walks. Names end with `ending`: with NUL, unless the database knows no such texts. */
export async function walk(
  store: TokenStore,
  run: (sql: string) => Promise<unknown>,
  ending = '\0',
): Promise<unknown[]> {
  for (const table of ['api_token_devices', 'api_token_usage', 'api_tokens', 'api_token_owners']) {
    await run(`delete from ${table}`)
  }
  for (const [n, userId] of USERS.entries()) {
    await put(store, n, { userId, name: `${userId}${ending}`, expiresAt: n === 0 ? NOW + 1 : null })
  }
  await put(store, 100, { userId: 'ada', name: 'b' })
  await put(store, 101, { userId: 'ada', name: null, description: '' })
  await put(store, 102, { userId: 'ada', name: 'B', scopes: ['models:read'] })
  return [
    await Promise.all(USERS.map(async (_, n) => (await rowOf(store, n)).userId)),
    await Promise.all(USERS.map(async (_, n) => (await rowOf(store, n)).expiresAt)),
    await Promise.all(
      USERS.map(async (userId) => numbers((await store.listTokens(query({ userId }))).tokens)),
    ),
    await Promise.all(USERS.map(async (_, n) => (await rowOf(store, n)).name)),
    ...(await ended(store)),
    ...(await listed(store)),
    ...(await used(store)),
    ...(await others(store)),
  ]
}

async function listed(store: TokenStore): Promise<unknown[]> {
  const pages: unknown[] = []
  for (const status of ['active', 'inactive', 'revoked', 'expired'] as const) {
    pages.push(numbers((await store.listTokens(query({ statuses: [status] }))).tokens))
  }
  for (const sort of ['name', 'last_used_at', 'created_at'] as const) {
    const { tokens, total } = await store.listTokens(query({ sort, descending: true }))
    pages.push(numbers(tokens), total)
  }
  pages.push(numbers((await store.listTokens(query({ text: 'B' }))).tokens))
  return pages
}

async function ended(store: TokenStore): Promise<unknown[]> {
  const now = NOW + 1
  return [
    (await store.updateToken(id(100), { name: 'b' }, SCOPE)).outcome,
    (await store.updateToken(id(100), { name: 'b' }, SCOPE)).outcome,
    (
      await store.rotateToken(id(101), draft(103, { userId: 'ada', name: 'c' }), {
        now: NOW,
        ...MANY_ENDED,
        graceEndsAt: now,
        replaces: null,
      })
    ).outcome,
    (await store.revokeToken(id(100), { now: NOW })).outcome,
    (await store.revokeToken(id(100), { now: NOW })).outcome,
    (await store.setOwnerStatus('admin', 'removed', now)).generation,
    (await store.setOwnerStatus('Admin', 'inactive', now)).status,
    (await store.insertToken(draft(104, { userId: 'Admin' }), { ...MANY_ENDED, maxTokens: 9, now })).outcome,
    (await store.insertToken(draft(105, { userId: 'ada' }), { ...MANY_ENDED, maxTokens: 1, now })).outcome,
    (await store.findOwner('ádmin'))?.status,
  ]
}

async function used(store: TokenStore): Promise<unknown[]> {
  const lastClient = { ip: '::1', userAgent: 'šdmin/1.0 "\\𝄞' }
  const uses = [{ tokenId: id(102), count: 3, lastUsedAt: NOW + 123, scopesUsed: 1, lastClient }]
  const rules = { now: NOW + 200, dayStart: NOW, idleTimeoutMs: 1000, storesClients: true }
  await store.recordUses(uses, rules)
  await store.recordUses(uses, rules)
  const { useCount, lastUsedAt, idleFrom, scopesUsed, lastClient: client } = await rowOf(store, 102)
  const idle = await store.markIdle(NOW + 124, 10)
  return [
    [useCount, lastUsedAt, idleFrom, scopesUsed, client],
    await store.dailyUses(id(102), daysFrom(NOW)),
    numbers(idle).sort((a, b) => a - b),
    await store.prune({ rows: 'usage', before: NOW + 1 }, 10),
  ]
}

async function others(store: TokenStore): Promise<unknown[]> {
  const device = {
    deviceDigest: 'device',
    userDigest: 'user',
    clientId: 'cli',
    name: null,
    scopes: [],
    lifetimeMs: 9_000_000_000,
    intervalMs: 5000,
  }
  await devicesOf(store).insert(device, { maxPending: 1_000 })
  const { now, changes } = await store.feed.changesSince(0)
  const lease = { name: 'walk', holder: 'me', ms: 60_000 }
  return [
    Math.abs(((await devicesOf(store).find(['user']))?.expiresAt ?? 0) - now - 9_000_000_000) < 60_000,
    await devicesOf(store).decide('device', { status: 'denied', userId: 'šdmin' }),
    await devicesOf(store).decide('device', { status: 'denied', userId: 'šdmin' }),
    Math.abs(now - Date.now()) < 60_000,
    changes.length,
    [
      await store.acquireLease(lease),
      await store.acquireLease(lease),
      await store.acquireLease({ ...lease, holder: 'other' }),
    ],
    await store.releaseLease(lease),
    await store.prune({ rows: 'tokens', endedBefore: NOW + 1000 }, 100),
  ]
}
