/** Idleness is evaluated at each verification, against the latest use known here, to the millisecond. */

import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { ApiTokensOptions } from '../../src/index.ts'
import { findToken } from '../../src/store/find-token.ts'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { countingStore } from '../support/counting-store.ts'
import { as, issue, START, startHost, withToken } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'
import { pausedStore } from '../support/paused-store.ts'

const DAY = 86_400_000

t.test('promise 6: a token unused for exactly 30 days works, a millisecond later it is idle', async (t) => {
  const { app, clock } = await startHost(t)
  const used = await issue(app, 'ada')
  const unused = await issue(app, 'ada')
  clock.advance('30d')
  t.equal((await app.inject(withToken(used.token))).statusCode, 200)
  clock.advance(1)
  t.equal((await app.inject(withToken(used.token))).statusCode, 200)
  t.equal((await app.inject(withToken(unused.token))).statusCode, 401)
  t.match(await app.apiTokens.get(unused.id), { status: 'inactive', statusReason: 'idle' })
  clock.advance('30d')
  t.equal((await app.inject(withToken(used.token))).statusCode, 200, '30 days after its last use')
  clock.advance(30 * DAY + 1)
  t.equal((await app.inject(withToken(used.token))).statusCode, 401)
})

t.test(
  'promise 6: a token in constant use through the cache for 31 days stays active everywhere',
  async (t) => {
    const store = countingStore(memoryTokenStore())
    const key = hs256Key()
    const options = { store, keys: [key], cache: { ttl: '1d' }, usage: { flushInterval: '1d' } }
    const { app, clock } = await startHost(t, options)
    const { token, id } = await issue(app, 'ada')
    let refused = 0
    let calls = 0
    for (; clock.now() < START + 31 * DAY; clock.advance('59m')) {
      calls += 1
      if ((await app.inject(withToken(token))).statusCode !== 200) refused += 1
    }
    t.equal(refused, 0)
    t.equal((await findToken(store, id))?.token.useCount, 0, 'and nothing of it was in the row yet')
    await app.apiTokens.flush()
    t.equal((await findToken(store, id))?.token.useCount, calls)
    const fresh = await startHost(t, { ...options, clock })
    t.equal((await fresh.app.inject(withToken(token))).statusCode, 200)
  },
)

t.test('promise 6: use that is not written yet keeps a token from going idle', async (t) => {
  const real = memoryTokenStore()
  const store = pausedStore(real)
  const { app, clock } = await startHost(t, { store, cache: { ttl: '1m' } })
  const { token, id } = await issue(app, 'ada')
  const write = store.hold('recordUses', 'before')
  for (let n = 0; n < 5; n += 1) {
    clock.advance('29d')
    t.equal((await app.inject(withToken(token))).statusCode, 200)
  }
  await write.held
  t.match((await findToken(real, id))?.token, { useCount: 0, idleFrom: START })
  write.release()
  await app.apiTokens.flush()
  t.match((await findToken(real, id))?.token, { useCount: 5, idleFrom: clock.now() })
})

t.test(
  'promise 6: the row is read again before a token is refused as idle, so that uses of other instances count',
  async (t) => {
    const real = memoryTokenStore()
    const store = countingStore(real)
    const key = hs256Key()
    const { app, clock } = await startHost(t, { store, keys: [key] })
    const elsewhere = await startHost(t, { store: real, keys: [key], clock })
    const { token } = await issue(app, 'ada')
    await app.inject(withToken(token))
    clock.advance('20d')
    await elsewhere.app.inject(withToken(token))
    await elsewhere.app.apiTokens.flush()
    clock.advance('20d')
    store.calls.clear()
    t.equal((await app.inject(withToken(token))).statusCode, 200)
    t.equal(store.calls.get('findTokens'), 1)
  },
)

t.test('promise 6: a token that is idle by the clock only is read again each time', async (t) => {
  const store = countingStore(memoryTokenStore())
  const { app, clock } = await startHost(t, { store, cache: { ttl: '1d' } })
  const { token } = await issue(app, 'ada')
  clock.advance('31d')
  const readsOf = async (times: number) => {
    store.calls.clear()
    for (let n = 0; n < times; n += 1) t.equal((await app.inject(withToken(token))).statusCode, 401)
    return store.calls.get('findTokens') ?? 0
  }
  t.equal(await readsOf(3), 3)
  t.equal(app.apiTokens.stats().cache.size, 0)
  await app.apiTokens.sweep()
  t.equal(await readsOf(3), 1)
})

t.test('promise 6: the first use after an hour is written at once', async (t) => {
  const store = pausedStore(memoryTokenStore())
  const { app, clock } = await startHost(t, { store, usage: { flushInterval: '1d' } })
  const { token, id } = await issue(app, 'ada')
  clock.advance(3_600_001)
  const write = store.hold('recordUses', 'after')
  t.equal((await app.inject(withToken(token))).statusCode, 200)
  await write.held
  write.release()
  t.match((await findToken(store, id))?.token, { useCount: 1, lastUsedAt: clock.now() })
})

t.test('promise 7: a further use within the hour waits for its batch', async (t) => {
  const store = countingStore(memoryTokenStore())
  const { app, clock } = await startHost(t, { store, usage: { flushInterval: '1d' } })
  const { token } = await issue(app, 'ada')
  for (let n = 0; n < 5; n += 1) {
    clock.advance('1h')
    await app.inject(withToken(token))
    await setImmediate()
    await setImmediate()
  }
  t.equal(store.calls.get('recordUses'), undefined)
  t.match(app.apiTokens.stats().usage, { pending: 1, flushed: 0 })
})

t.test('promise 6: the sweep stores idleness two flush intervals later', async (t) => {
  const { app, clock, store } = await startSweeping(t, { usage: { flushInterval: '7s' } })
  const { id } = await issue(app, 'ada')
  clock.advance(30 * DAY + 14_000)
  t.same(await app.apiTokens.sweep(), { idle: 0, idleWarning: 0, pruned: 0 })
  t.match((await findToken(store, id))?.token, { status: 'active' })
  clock.advance(1)
  t.same(await app.apiTokens.sweep(), { idle: 1, idleWarning: 0, pruned: 0 })
  t.match((await findToken(store, id))?.token, {
    status: 'inactive',
    statusReason: 'idle',
    lastUsedAt: null,
  })
  t.same(await app.apiTokens.sweep(), { idle: 0, idleWarning: 0, pruned: 0 })
})

t.test('the sweep emits an event for each idle token', async (t) => {
  const { app, clock } = await startSweeping(t)
  const { id } = await issue(app, 'ada', { name: 'forgotten' })
  const emitted: unknown[] = []
  app.apiTokens.events.on('idle', ({ token }) => emitted.push(token))
  clock.advance('31d')
  await app.apiTokens.sweep()
  t.match(emitted, [{ id, name: 'forgotten', status: 'inactive', statusReason: 'idle' }])
})

t.test('promise 6: an idle token that its owner enables works, and its idle timeout restarts', async (t) => {
  const { app, clock } = await startSweeping(t)
  const swept = await issue(app, 'ada')
  const idle = await issue(app, 'ada')
  clock.advance('29d')
  await app.inject(withToken(idle.token))
  clock.advance('2d')
  await app.apiTokens.sweep()
  clock.advance('28d')
  t.equal((await app.inject(withToken(idle.token))).statusCode, 200)
  clock.advance(30 * DAY + 1)
  for (const { id, token } of [swept, idle]) {
    t.equal((await app.inject(withToken(token))).statusCode, 401)
    const on = await app.inject(
      as('ada', { method: 'PATCH', url: `/tokens/${id}`, payload: { status: 'active' } }),
    )
    t.match(on.json(), {
      status: 'active',
      status_reason: null,
      idle_expires_at: new Date(clock.now() + 30 * DAY).toISOString(),
    })
  }
  clock.advance('30d')
  t.equal((await app.inject(withToken(swept.token))).statusCode, 200)
  clock.advance(1)
  t.equal((await app.inject(withToken(idle.token))).statusCode, 401)
})

for (const name of ['SQLite', 'memory']) {
  t.test(
    `promise 6: enabling an active token with an unwritten use does not restart its idle timeout (${name})`,
    async (t) => {
      const filename = join(t.testdir(), 'tokens.db')
      const real = name === 'SQLite' ? sqliteTokenStore({ filename }) : memoryTokenStore()
      const store = pausedStore(real)
      const { app, clock } = await startHost(t, { store })
      const { token, id } = await issue(app, 'ada')
      clock.advance('29d')
      const write = store.hold('recordUses', 'before')
      t.equal((await app.inject(withToken(token))).statusCode, 200)
      await write.held
      clock.advance('2d')
      const idleExpiresAt = new Date(START + 59 * DAY)
      t.match(await app.apiTokens.update(id, { status: 'active' }), { status: 'active', idleExpiresAt })
      write.release()
      await app.apiTokens.flush()
      t.equal((await findToken(real, id))?.token.idleFrom, START + 29 * DAY)
      t.match(await app.apiTokens.get(id), { status: 'active', idleExpiresAt })
    },
  )
}

t.test('promise 6: deactivating the owner does not stop the idle timeout', async (t) => {
  const { app, clock } = await startHost(t)
  const { token } = await issue(app, 'ada')
  await app.apiTokens.deactivateUser('ada')
  clock.advance('31d')
  await app.apiTokens.reactivateUser('ada')
  t.equal((await app.inject(withToken(token))).statusCode, 401)
})

t.test('promise 6: a use does not activate an idle token', async (t) => {
  const { app, clock } = await startSweeping(t)
  const { token, id } = await issue(app, 'ada')
  clock.advance('31d')
  for (let n = 0; n < 3; n += 1) t.equal((await app.inject(withToken(token))).statusCode, 401)
  await app.apiTokens.flush()
  await app.apiTokens.sweep()
  t.equal((await app.inject(withToken(token))).statusCode, 401)
  t.match(await app.apiTokens.get(id), { status: 'inactive', lastUsedAt: null, useCount: 0 })
})

t.test('with idleTimeout: false nothing goes idle, and nothing is swept', async (t) => {
  const { app, clock } = await startSweeping(t, { idleTimeout: false })
  const { token, idle_expires_at } = await issue(app, 'ada')
  t.equal(idle_expires_at, null)
  clock.advance('3650d')
  t.same(await app.apiTokens.sweep(), { idle: 0, idleWarning: 0, pruned: 0 })
  t.equal((await app.inject(withToken(token))).statusCode, 200)
})

async function startSweeping(t: Test, options: ApiTokensOptions = {}) {
  const store = memoryTokenStore()
  return { ...(await startHost(t, { store, ...options })), store }
}
