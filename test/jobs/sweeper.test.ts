/** The sweeper updates the stored status and deletes ended tokens, in bounded batches. */

import { mock } from 'node:test'
import t from 'tap'
import { type SweeperDeps, sweep } from '../../src/jobs/sweeper.ts'
import type { NewDeviceAuthorization } from '../../src/store/device-authorization-store.ts'
import { devicesOf } from '../../src/store/devices-of.ts'
import { findToken } from '../../src/store/find-token.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { manualClock } from '../../src/testing/index.ts'
import { put } from '../../src/testing/store-contract/records.ts'
import { UsageRecorder } from '../../src/usage/usage-recorder.ts'
import { countingStore } from '../support/counting-store.ts'
import { issue, START, startHost, withToken } from '../support/host.ts'

const DAY = 86_400_000

t.test('ended tokens are pruned after their retention, not before', async (t) => {
  const store = memoryTokenStore()
  const { app, clock } = await startHost(t, { store, retention: '90d' })
  const revoked = await issue(app, 'ada')
  const expired = await issue(app, 'ada', { expires_in: 60 })
  const removed = await issue(app, 'eve')
  await app.apiTokens.revoke(revoked.id)
  await app.apiTokens.removeUser('eve')
  clock.advance('90d')
  t.match(await app.apiTokens.sweep(), { pruned: 0 })
  clock.advance(1)
  t.match(await app.apiTokens.sweep(), { pruned: 2 })
  t.equal(await findToken(store, revoked.id), null)
  t.equal(await findToken(store, removed.id), null)
  clock.advance('60s')
  t.match(await app.apiTokens.sweep(), { pruned: 1 })
  t.equal(await findToken(store, expired.id), null)
})

t.test('promise 9: a pruned token stays refused, also after its removed user is reactivated', async (t) => {
  const { app, clock } = await startHost(t, { retention: '1d' })
  const { token } = await issue(app, 'eve')
  await app.apiTokens.removeUser('eve')
  clock.advance('2d')
  t.match(await app.apiTokens.sweep(), { pruned: 1 })
  await app.apiTokens.reactivateUser('eve')
  t.equal((await app.inject(withToken(token))).statusCode, 401)
})

t.test('a sweep continues until nothing is left, with 500 rows a statement', async (t) => {
  const store = countingStore(memoryTokenStore())
  for (let n = 0; n < 1_001; n += 1) await put(store, n, { userId: `u${n}` })
  store.calls.clear()
  const { parts, marked } = sweeperOn(store, START + 40 * DAY)
  t.same(await sweep(parts), { idle: 1_001, idleWarning: 0, pruned: 0 })
  t.equal(marked.length, 1_001)
  t.equal(store.calls.get('markIdle'), 3)
  t.equal(store.calls.get('prune'), 3, 'once for each kind of rows')
})

t.test('a sweep runs its jobs in turn, and the event loop turns between the batches', async (t) => {
  const { store, rows, order } = storeWith({ tokens: 11_000, usage: 30_000, leases: 600 })
  const { parts } = sweeperOn(store, START)
  let turns = 0
  let over = false
  const counting = (async () => {
    for (; !over; turns += 1) await new Promise(setImmediate)
  })()
  t.same(await sweep(parts), { idle: 0, idleWarning: 0, pruned: 11_000 })
  over = true
  await counting
  t.same(rows, { tokens: 0, usage: 0, leases: 0 })
  t.same(order.slice(0, 6), ['tokens', 'usage', 'leases', 'tokens', 'usage', 'leases'])
  t.ok(turns >= order.length, `${turns} turns for ${order.length} statements`)
})

t.test('a sweep ends before its lease, and the next one continues', async (t) => {
  const { store, rows } = storeWith({ tokens: 10_000, usage: 0, leases: 0 })
  let now = 0
  const clock = mock.method(performance, 'now', () => now)
  t.teardown(() => clock.mock.restore())
  const { parts } = sweeperOn(
    {
      ...store,
      prune: (target, limit) => {
        if (target.rows === 'tokens') now += 10_000
        return store.prune(target, limit)
      },
    },
    START,
  )
  t.same(await sweep(parts), { idle: 0, idleWarning: 0, pruned: 2_500 })
  t.same(await sweep(parts), { idle: 0, idleWarning: 0, pruned: 2_500 })
  t.equal(rows.tokens, 5_000)
})

t.test('a stopped sweep ends after the current statement', async (t) => {
  const { store } = storeWith({ tokens: 10_000, usage: 10_000, leases: 10_000 })
  const stopping = new AbortController()
  const { parts } = sweeperOn(
    {
      ...store,
      prune: (target, limit) => {
        stopping.abort()
        return store.prune(target, limit)
      },
    },
    START,
  )
  t.same(await sweep(parts, stopping.signal), { idle: 0, idleWarning: 0, pruned: 500 })
})

/** A store with a number of rows to prune, and the order of the calls. */
function storeWith(rows: { tokens: number; usage: number; leases: number }) {
  const order: string[] = []
  const take = (name: keyof typeof rows, limit: number) => {
    order.push(name)
    const taken = Math.min(rows[name], limit)
    rows[name] -= taken
    return taken
  }
  const store: SweeperDeps['store'] = {
    markIdle: async () => [],
    listIdleWarnings: async () => [],
    devices: memoryTokenStore().devices,
    prune: async (target, limit) => take(target.rows, limit),
  }
  return { store, rows, order }
}

t.test(
  'device authorizations and leases are pruned until none is left, in turn with other jobs',
  async (t) => {
    const storeClock = manualClock(START)
    const store = memoryTokenStore({ clock: storeClock })
    const rules = { maxPending: 100_000 }
    for (let n = 0; n < 15_000; n += 1) {
      await devicesOf(store).insert(device(n), rules)
      await store.acquireLease({ name: `lease ${n}`, holder: 'me', ms: 1 })
    }
    storeClock.advance('20m')
    await devicesOf(store).insert(device(15_000), rules)
    const batches: number[] = []
    const { prune } = devicesOf(store)
    devicesOf(store).prune = async (...args) => {
      const pruned = await prune.apply(devicesOf(store), args)
      batches.push(pruned)
      return pruned
    }
    let turns = 0
    let over = false
    const turn = () => {
      turns += 1
      if (!over) setImmediate(turn)
    }
    turn()
    await sweep(sweeperOn(store, START).parts)
    over = true
    t.equal(
      batches.reduce((sum, pruned) => sum + pruned, 0),
      15_000,
      'more than can be started between two sweeps',
    )
    t.equal(Math.max(...batches), 100, 'a few at a time')
    t.ok(turns >= 2 * batches.length - 2, `${turns} turns of the event loop`)
    t.equal(await store.prune({ rows: 'leases' }, 1), 0)
    t.match(await devicesOf(store).find(['user 15000']), { status: 'pending' })
    t.equal(await store.acquireLease({ name: 'lease 1', holder: 'another', ms: 1 }), true)
  },
)

t.test('an expired authorization is deleted after ten minutes', async (t) => {
  const clock = manualClock(START)
  const store = memoryTokenStore({ clock })
  await devicesOf(store).insert(device(1), { maxPending: 1 })
  for (const [ms, isThere] of [
    [600_000 + 599_999, true],
    [1, false],
  ] as const) {
    clock.advance(ms)
    await sweep(sweeperOn(store, START).parts)
    const polled = await devicesOf(store).poll('device 1', 'cli', { slowDownMs: 1 })
    t.equal(polled !== null, isThere)
  }
})

/** A device authorization that lasts for ten minutes. */
function device(n: number): NewDeviceAuthorization {
  return {
    ...{ deviceDigest: `device ${n}`, userDigest: `user ${n}`, clientId: 'cli', name: null, scopes: [] },
    ...{ lifetimeMs: 600_000, intervalMs: 5_000 },
  }
}

function sweeperOn(store: SweeperDeps['store'], now: number) {
  const marked: string[] = []
  const clock = manualClock(now)
  const recorder = new UsageRecorder({
    store: memoryTokenStore(),
    clock,
    idleTimeoutMs: 30 * DAY,
    storesClients: false,
    onFlushFailed: () => undefined,
  })
  const parts = {
    store,
    recorder,
    now: async () => now,
    mayPruneByStoreClock: () => true,
    idleTimeoutMs: 30 * DAY,
    maxAgeMs: null,
    idleWarningMs: 5 * DAY,
    flushIntervalMs: 5_000,
    retentionMs: 90 * DAY,
    dailyRetentionMs: 90 * DAY,
    hasIdleWarningListener: () => true,
    onIdleWarning: () => undefined,
    onIdle: ({ id }: { readonly id: string }) => marked.push(id),
  }
  return { parts, marked }
}
