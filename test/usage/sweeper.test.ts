/** The sweeper makes the store say what is already true, in bounded steps. */

import t from 'tap'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { manualClock } from '../../src/testing/index.ts'
import { put } from '../../src/testing/store-contract/records.ts'
import { type SweeperParts, sweep } from '../../src/usage/sweeper.ts'
import { UsageRecorder } from '../../src/usage/usage-recorder.ts'
import { countingStore } from '../support/counting-store.ts'
import { issue, START, startHost, withToken } from '../support/host.ts'

const DAY = 86_400_000

t.test('ended tokens are pruned after their retention and not before', async (t) => {
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
  t.equal(await store.findToken(revoked.id), null)
  t.equal(await store.findToken(removed.id), null)
  clock.advance('60s')
  t.match(await app.apiTokens.sweep(), { pruned: 1 })
  t.equal(await store.findToken(expired.id), null)
})

t.test('promise 9: a pruned token stays refused, and a removed user’s id gets none of it back', async (t) => {
  const { app, clock } = await startHost(t, { retention: '1d' })
  const { token } = await issue(app, 'eve')
  await app.apiTokens.removeUser('eve')
  clock.advance('2d')
  t.match(await app.apiTokens.sweep(), { pruned: 1 })
  await app.apiTokens.reactivateUser('eve')
  t.equal((await app.inject(withToken(token))).statusCode, 401)
})

t.test('a sweep goes on until nothing is left, 500 rows a statement', async (t) => {
  const store = countingStore(memoryTokenStore())
  for (let n = 0; n < 1_001; n += 1) await put(store, n, { userId: `u${n}` })
  store.calls.clear()
  const { parts, marked } = sweeperOn(store, START + 40 * DAY)
  t.same(await sweep(parts), { idle: 1_001, idleSoon: 0, pruned: 0 })
  t.equal(marked.length, 1_001)
  t.equal(store.calls.get('markIdle'), 3)
  t.equal(store.calls.get('prune'), 1)
})

t.test('a sweep takes at most 20 statements of each kind, the next one goes on', async (t) => {
  let left = 11_000
  const store = {
    markIdle: async () => [],
    warnIdle: async () => [],
    pruneDailyUses: async () => 0,
    pruneLeases: async () => 0,
    devices: memoryTokenStore().devices,
    prune: async (_: number, limit: number) => {
      const pruned = Math.min(left, limit)
      left -= pruned
      return pruned
    },
  }
  const { parts } = sweeperOn(store, START)
  t.same(await sweep(parts), { idle: 0, idleSoon: 0, pruned: 10_000 })
  t.same(await sweep(parts), { idle: 0, idleSoon: 0, pruned: 1_000 })
})

function sweeperOn(store: SweeperParts['store'], now: number) {
  const marked: string[] = []
  const clock = manualClock(now)
  const recorder = new UsageRecorder({
    store: memoryTokenStore(),
    clock,
    idleTimeoutMs: 30 * DAY,
    keepsClients: false,
    onFlushFailed: () => undefined,
  })
  const parts = {
    store,
    recorder,
    clock,
    idleTimeoutMs: 30 * DAY,
    idleWarningMs: 5 * DAY,
    flushIntervalMs: 5_000,
    retentionMs: 90 * DAY,
    dailyRetentionMs: 90 * DAY,
    hearsIdleSoon: () => true,
    onIdleSoon: () => undefined,
    onIdle: ({ id }: { readonly id: string }) => marked.push(id),
  }
  return { parts, marked }
}
