/** The change feed between instances that share only a store. */

import { join } from 'node:path'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import type { ApiTokensOptions } from '../../src/index.ts'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import type { TokenStore } from '../../src/store/token-store.ts'
import { manualClock } from '../../src/testing/index.ts'
import { feedStore } from '../support/feed-stores.ts'
import { startHost, statusOf } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'
import { manualTimers } from '../support/manual-timers.ts'
import { within } from '../support/within.ts'

/** The stated maximum delay of the change feed, in milliseconds. */
const FEED_BOUND = 1_500

t.test('promise 5: a change on one instance reaches the other by the feed alone', async (t) => {
  const filename = join(t.testdir(), 'tokens.db')
  const stores = () => sqliteTokenStore({ filename })
  const { here, there } = await twoInstances(t, stores)
  const changes: Record<string, (id: string) => Promise<unknown>> = {
    'a revoke': (id) => here.apiTokens.revoke(id),
    'a switch': (id) => here.apiTokens.update(id, { status: 'inactive' }),
    'a deactivation': () => here.apiTokens.deactivateUser('ada'),
  }
  for (const [what, change] of Object.entries(changes)) {
    const { token, credential } = await here.apiTokens.issue({ userId: 'ada' })
    const { signal } = await there.apiTokens.verify(credential)
    await change(token.id)
    const took = await within(FEED_BOUND, async () => (await statusOf(there, credential)) === 401)
    t.ok(took <= FEED_BOUND, `${what} took ${Math.round(took)} ms`)
    await within(FEED_BOUND, () => signal.aborted)
    t.ok(signal.aborted, `${what} ends an open stream`)
  }
  await here.apiTokens.reactivateUser('ada')
  const { credential } = await here.apiTokens.issue({ userId: 'ada' })
  t.equal(await statusOf(there, credential), 200, 'an invalidation removes a cached refusal too')
  const { invalidation } = there.apiTokens.stats()
  t.match(invalidation, { feed: 'available', pubsubName: null, pubsub: null })
  t.ok((invalidation.feedLagMs ?? Infinity) <= FEED_BOUND)
})

t.test('promise 5: after invalidateUser on one instance the other calls findUser again', async (t) => {
  let active = true
  const store = memoryTokenStore()
  const { here, there } = await twoInstances(t, () => store, { findUser: () => ({ active }) })
  const { credential } = await here.apiTokens.issue({ userId: 'ada' })
  t.equal(await statusOf(there, credential), 200)
  active = false
  here.apiTokens.invalidateUser('ada')
  await within(FEED_BOUND, async () => (await statusOf(there, credential)) === 401)
})

t.test('promise 5: a change that commits after a later one is processed, once', async (t) => {
  const polls = manualPolls(t)
  const store = feedStore(memoryTokenStore())
  const { here, there } = await twoInstances(t, () => store)
  const early = await here.apiTokens.issue({ userId: 'ada' })
  const late = await here.apiTokens.issue({ userId: 'eve' })
  const kept = await here.apiTokens.issue({ userId: 'eve' })
  for (const { credential } of [early, late, kept]) t.equal(await statusOf(there, credential), 200)
  const hidden = JSON.stringify({ tokenId: early.token.id })
  store.withheld = ({ now, changes }) => ({
    now,
    changes: changes.filter(({ target }) => JSON.stringify(target) !== hidden),
  })
  await here.apiTokens.revoke(early.token.id)
  await sleep(50)
  await here.apiTokens.revoke(late.token.id)
  await polls(2)
  t.equal(await statusOf(there, late.credential), 401)
  t.equal(await statusOf(there, early.credential), 200, 'its transaction has not committed yet')
  store.withheld = (read) => read
  await polls(1)
  t.equal(await statusOf(there, early.credential), 401)

  const { loads } = there.apiTokens.stats().verification
  await polls(2)
  for (const { credential } of [early, late, kept]) await statusOf(there, credential)
  t.equal(there.apiTokens.stats().verification.loads, loads, 'processed changes are skipped')
})

for (const line of ['cut', 'silent'] as const) {
  t.test(`promise 5: while the feed is ${line}, maxStaleness applies, and after it the feed`, async (t) => {
    const polls = manualPolls(t)
    const clock = manualClock()
    const store = memoryTokenStore()
    const lame = feedStore(store)
    const { here, there } = await twoInstances(t, (n) => (n === 0 ? store : lame), {
      invalidation: { maxStaleness: '3s' },
      clock,
    })
    const [first, second] = [
      await here.apiTokens.issue({ userId: 'a' }),
      await here.apiTokens.issue({ userId: 'b' }),
    ]
    for (const { credential } of [first, second]) await statusOf(there, credential)
    lame.line = line
    await here.apiTokens.revoke(first.token.id)
    await polls(2)
    t.equal(there.apiTokens.stats().invalidation.feed, 'unavailable')
    clock.advance(1_500)
    t.equal(await statusOf(there, first.credential), 200, 'cached')
    clock.advance(1_500)
    t.equal(await statusOf(there, first.credential), 401, 'refused after maxStaleness')
    t.equal(await statusOf(there, second.credential), 200, 'a valid token is read again')

    lame.line = 'open'
    await polls(2)
    t.equal(there.apiTokens.stats().invalidation.feed, 'available')
    await here.apiTokens.revoke(second.token.id)
    await polls(1)
    t.equal(await statusOf(there, second.credential), 401)
  })
}

t.test('promise 5: changes during an outage of the feed are processed after it', async (t) => {
  const polls = manualPolls(t)
  const store = memoryTokenStore()
  const lame = feedStore(store)
  const { here, there } = await twoInstances(t, (n) => (n === 0 ? store : lame), {
    invalidation: { maxStaleness: '1d' },
  })
  const { token, credential } = await here.apiTokens.issue({ userId: 'ada' })
  const { signal } = await there.apiTokens.verify(credential)
  lame.line = 'cut'
  await polls(1)
  t.equal(there.apiTokens.stats().invalidation.feed, 'unavailable')
  await here.apiTokens.revoke(token.id)
  t.equal(await statusOf(there, credential), 200, 'cached for at most maxStaleness')
  lame.line = 'open'
  await polls(1)
  t.equal(await statusOf(there, credential), 401)
  t.ok(signal.aborted)
})

t.test('a feed that cannot be read fails the boot', async (t) => {
  const store = feedStore(memoryTokenStore())
  store.line = 'cut'
  await t.rejects(startHost(t, { store }), { message: 'the line is cut' })
})

t.test('a wrong option is named by its path', async (t) => {
  for (const [invalidation, message] of [
    [{ maxStaleness: '2s' }, /invalidation\.maxStaleness must be at least 3 s/],
    [{ maxStaleness: 'soon' }, /invalidation\.maxStaleness/],
    [{ pubsub: 'pigeon' }, /invalidation\.pubsub must be false/],
    [{ pubsubs: 'store' }, /invalidation\.pubsubs is not an option/],
    ['store', /invalidation must be an object/],
  ] as const) {
    // Values that a host without types may pass.
    await t.rejects(startHost(t, { invalidation: invalidation as never }), { message })
  }
})

/** Makes all instances that start later poll this many times, and waits for the results. */
function manualPolls(t: Test): (polls: number) => Promise<void> {
  const timers = manualTimers(t, { intervals: true })
  return async (polls) => {
    for (let n = 0; n < polls; n += 1) {
      timers.tick(1_000)
      // A poll that takes too long ends one turn after its timeout.
      for (let turns = 0; turns < 3; turns += 1) await turn()
    }
  }
}

async function twoInstances(
  t: Test,
  storeOf: (n: number) => TokenStore,
  options: ApiTokensOptions = {},
): Promise<{ here: FastifyInstance; there: FastifyInstance }> {
  const shared = { keys: [hs256Key()], clock: { now: () => Date.now() }, ...options }
  const [here, there] = [
    await startHost(t, { ...shared, store: storeOf(0) }),
    await startHost(t, { ...shared, store: storeOf(1) }),
  ]
  return { here: here.app, there: there.app }
}
