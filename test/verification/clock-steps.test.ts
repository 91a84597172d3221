/** A clock that goes back does not extend cache entries: cached tokens are read again. */

import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import apiTokens from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import type { TokenStore } from '../../src/store/token-store.ts'
import { countingStore } from '../support/counting-store.ts'
import { feedStore } from '../support/feed-stores.ts'
import { issue, START, startHost, statusOf, withToken } from '../support/host.ts'

const HOUR = 3_600_000

t.test('promise 11: a step back of the clock does not suspend cache.ttl', async (t) => {
  const { app, token, clock, loads } = await startStepped(t)
  await statusOf(app, token)
  await statusOf(app, token)
  t.equal(loads(), 1)
  clock.time -= HOUR
  await statusOf(app, token)
  t.equal(loads(), 2, 'the entry is read again')
  clock.time += 59_000
  await statusOf(app, token)
  t.equal(loads(), 2, 'and the new one is cached for its own ttl')
  clock.time += 1_000
  await statusOf(app, token)
  t.equal(loads(), 3)
})

t.test('promise 11: a clock that was ahead for a moment leaves no entry that outlives it', async (t) => {
  const { app, token, clock, loads } = await startStepped(t)
  clock.time += HOUR
  // Of the hour ahead the cache knows by this entry alone.
  await statusOf(app, token)
  clock.time -= HOUR
  await statusOf(app, token)
  t.equal(loads(), 2)
})

t.test('promise 11: a step back during a read does not lengthen an entry', async (t) => {
  const { app, token, clock, loads, onRead } = await startStepped(t)
  onRead(() => {
    clock.time -= HOUR
    onRead(() => undefined)
  })
  await statusOf(app, token)
  await statusOf(app, token)
  t.equal(loads(), 2)
})

t.test('promise 11: a step back is detected between requests', async (t) => {
  const { app, token, clock, loads } = await startStepped(t)
  await statusOf(app, token)
  clock.time += 30_000
  await sleep(1_200)
  clock.time -= 20_000
  await sleep(1_200)
  clock.time += 20_000
  await statusOf(app, token)
  t.equal(loads(), 2)
})

t.test('a step of less than a second drops nothing', async (t) => {
  const { app, token, clock, loads } = await startStepped(t)
  await statusOf(app, token)
  clock.time -= 900
  await statusOf(app, token)
  clock.time += 900
  await statusOf(app, token)
  t.equal(loads(), 1)
})

t.test('promise 11: small steps back add up', async (t) => {
  const { now } = Date
  let shiftMs = 0
  Date.now = () => now() + shiftMs
  t.teardown(() => {
    Date.now = now
  })
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(apiTokens, { store: memoryTokenStore(), routes: false })
  await app.ready()
  const { credential } = await app.apiTokens.issue({ userId: 'ada' })
  for (let n = 0; n < 30; n += 1) {
    await app.apiTokens.verify(credential)
    await sleep(100)
    shiftMs -= 90
  }
  await app.apiTokens.verify(credential)
  t.ok(app.apiTokens.stats().verification.loads > 1, 'the entry is read again')
})

t.test('promise 5: a step back does not suspend the staleness bound', async (t) => {
  const store = feedStore(memoryTokenStore())
  const { app, token, clock, loads } = await startStepped(t, store, '3s')
  await statusOf(app, token)
  store.line = 'cut'
  while (app.apiTokens.stats().invalidation.feed === 'available') await sleep(50)
  clock.time -= HOUR
  await statusOf(app, token)
  t.equal(loads(), 2)
  clock.time += 3_000
  await statusOf(app, token)
  t.equal(loads(), 3, 'the bound counts from the new time')
})

t.test('promise 11: the entry that a connection stores is dropped, too', async (t) => {
  const { app, token, clock, loads } = await startStepped(t)
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const get = async () => {
    const response = await fetch(`${url}/protected`, { headers: { authorization: `Bearer ${token}` } })
    await response.text()
  }
  for (let n = 0; n < 4; n += 1) await get()
  t.equal(loads(), 1)
  clock.time -= HOUR
  await get()
  t.equal(loads(), 2)
})

t.test(
  'promise 16: a clock that fails is a 500 that names it, ends open signals, and ends no process',
  async (t) => {
    const store = feedStore(memoryTokenStore())
    const { app, token, clock } = await startStepped(t, store)
    const { signal } = await app.apiTokens.verify(token)
    const { time } = clock
    for (const wrong of [NaN, '0', null, -1, Infinity]) {
      clock.time = wrong as number
      const response = await app.inject(withToken(token))
      t.match(response.json(), {
        statusCode: 500,
        code: 'FST_API_TOKENS_INVALID_RESULT',
        message: /clock\.now\(\) must/,
      })
      await t.rejects(app.apiTokens.verify(token), { code: 'FST_API_TOKENS_INVALID_RESULT' })
      await t.rejects(app.apiTokens.issue({ userId: 'ada' }), { code: 'FST_API_TOKENS_INVALID_RESULT' })
      await t.rejects(app.apiTokens.sweep())
    }
    store.line = 'cut'
    while (app.apiTokens.stats().invalidation.feed === 'available') await sleep(50)
    app.apiTokens.invalidateUser('ada')
    await sleep(50)
    t.equal(signal.aborted, true)
    clock.time = time
    t.equal(await statusOf(app, token), 200)
  },
)

async function startStepped(t: Test, store: TokenStore = memoryTokenStore(), bound = '15s') {
  const clock = { time: START, now: () => clock.time }
  let read: () => void = () => undefined
  const counting = countingStore(store)
  const watched = new Proxy(counting, {
    get: (target, name) => {
      if (name === 'findTokens') read()
      return Reflect.get(target, name)
    },
  })
  const { app } = await startHost(t, {
    store: watched,
    clock,
    cache: { ttl: '60s' },
    invalidation: { maxStaleness: bound },
  })
  const { token } = await issue(app, 'ada')
  // After a step back it still was issued in the past.
  clock.time += 5 * HOUR
  const onRead = (next: () => void) => {
    read = next
  }
  return { app, token, clock, onRead, loads: () => app.apiTokens.stats().verification.loads }
}
