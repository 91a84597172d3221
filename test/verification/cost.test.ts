/** What a request costs, in calls to the store and in promises. */

import { createHook } from 'node:async_hooks'
import t from 'tap'
import { requireScopes } from '../../src/index.ts'
import type { SigningJwk } from '../../src/keys/jwk.ts'
import { findToken } from '../../src/store/find-token.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { countingStore } from '../support/counting-store.ts'
import { type Members, read, sign, unsecured } from '../support/forge.ts'
import { issue, startHost, withToken } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'
import { pausedStore } from '../support/paused-store.ts'

t.test('promise 11: a credential that is not cached costs one read and no write', async (t) => {
  const store = countingStore(memoryTokenStore())
  const { app } = await startHost(t, { store })
  const { token } = await issue(app, 'ada')
  store.calls.clear()
  t.equal((await app.inject(withToken(token))).statusCode, 200)
  t.same([...store.calls], [['findTokens', 1]])
})

t.test('promise 12: a thousand warm requests cost nothing until the flush, which is one batch', async (t) => {
  const store = countingStore(memoryTokenStore())
  const { app } = await startHost(t, { store, usage: { flushInterval: '1d' } })
  const { token, id } = await issue(app, 'ada')
  await app.inject(withToken(token))
  store.calls.clear()
  for (let n = 0; n < 1000; n += 1) {
    const { statusCode } = await app.inject(withToken(token))
    if (statusCode !== 200) t.equal(statusCode, 200)
  }
  t.same([...store.calls], [], '0 reads, 0 writes')
  await app.apiTokens.flush()
  t.same([...store.calls], [['recordUses', 1]])
  t.equal((await findToken(store, id))?.token.useCount, 1001)
})

t.test('promise 3: an invalid signature costs no read, no write and no cache entry', async (t) => {
  const store = countingStore(memoryTokenStore())
  const key = hs256Key()
  const { app } = await startHost(t, { store, keys: [key] })
  const { token } = await issue(app, 'ada')
  store.calls.clear()
  const { header, claims } = read(token)
  const altered = {
    'a character of the signature changed': `${token.slice(0, -2)}${token.at(-2) === 'A' ? 'B' : 'A'}${token.at(-1)}`,
    'signed with another key of that name': await sign(hs256Key(), header, claims),
    'signed with a key that is not known': await sign(hs256Key(), { ...header, kid: 'other' }, claims),
    'alg none': unsecured({ ...header, alg: 'none' }, claims),
    'another issuer': await sign(key, header, { ...claims, iss: 'evil' }),
    'another type': await sign(key, { ...header, typ: 'JWT' }, claims),
    'no token at all': 'abc',
  }
  for (const [how, invalid] of Object.entries(altered)) {
    for (let time = 0; time < 2; time += 1) {
      t.equal((await app.inject(withToken(invalid))).statusCode, 401, how)
    }
    t.same([...store.calls], [], how)
    t.equal(app.apiTokens.stats().cache.size, 0, how)
  }
  t.equal((await app.inject(withToken(token))).statusCode, 200, 'the genuine one still works')
})

t.test('promise 3: an invalid signature does not change the cache entry of the token', async (t) => {
  const store = countingStore(memoryTokenStore())
  const key = hs256Key()
  const { app } = await startHost(t, { store, keys: [key] })
  const { token } = await issue(app, 'ada', { scopes: ['models:read'] })
  await app.inject(withToken(token))
  await app.inject(withToken(`${token}A`))
  await app.inject(withToken(await resigned(token, key, { scope: 'models:read chat:write' })))
  store.calls.clear()
  t.equal((await app.inject(withToken(token))).statusCode, 200)
  t.same([...store.calls], [])
})

t.test(
  'promise 3: with a token prefix, a credential without it or with another is refused without a read',
  async (t) => {
    const store = countingStore(memoryTokenStore())
    const { app } = await startHost(t, { store, tokenPrefix: 'bodhi_' })
    const { token } = await issue(app, 'ada')
    t.match(token, /^bodhi_eyJ/)
    store.calls.clear()
    const jwt = token.slice('bodhi_'.length)
    for (const invalid of [jwt, `BODHI_${jwt}`, `other_${jwt}`, `bodhi_${token}`]) {
      t.equal((await app.inject(withToken(invalid))).statusCode, 401)
    }
    t.same([...store.calls], [])
    t.equal((await app.inject(withToken(token))).statusCode, 200)
  },
)

t.test('promise 11: ten requests with one new credential share one read', async (t) => {
  const counting = countingStore(memoryTokenStore())
  const store = pausedStore(counting)
  const { app } = await startHost(t, { store })
  const { token, id } = await issue(app, 'ada')
  counting.calls.clear()
  const load = store.hold('findTokens', 'before')
  const requests = Array.from({ length: 10 }, () => app.inject(withToken(token)))
  await load.held
  load.release()
  for (const response of await Promise.all(requests)) t.equal(response.statusCode, 200)
  t.same([...counting.calls], [['findTokens', 1]])
  await app.apiTokens.flush()
  t.equal((await findToken(counting, id))?.token.useCount, 10, 'each is a use')
})

t.test('promise 11: requests that share a failed read all fail, and the next one reads again', async (t) => {
  const counting = countingStore(memoryTokenStore())
  const store = pausedStore(counting)
  const { app } = await startHost(t, { store })
  const { token } = await issue(app, 'ada')
  counting.outage = new Error('the disk is gone')
  const load = store.hold('findTokens', 'before')
  const requests = [1, 2, 3].map(() => app.inject(withToken(token)))
  await load.held
  load.release()
  for (const response of await Promise.all(requests)) t.equal(response.statusCode, 503)
  counting.outage = undefined
  t.equal((await app.inject(withToken(token))).statusCode, 200)
})

t.test('promise 12: the warm path is synchronous and creates no promise', async (t) => {
  const seen: { done: boolean; promises: number }[] = []
  const { app } = await startHost(t, {}, (app) => {
    app.get('/watched', {
      preHandler: (request, reply, done) => {
        let promises = 0
        const watching = createHook({
          init: (_id, type) => {
            if (type === 'PROMISE') promises += 1
          },
        }).enable()
        let calledBack = false
        app.verifyApiToken(request, reply, () => {
          calledBack = true
        })
        watching.disable()
        seen.push({ done: calledBack, promises })
        app.verifyApiToken(request, reply, done)
      },
      handler: async (request) => ({ userId: request.apiToken?.userId }),
    })
  })
  const { token } = await issue(app, 'ada')
  t.same((await app.inject(withToken(token, '/watched'))).json(), { userId: 'ada' })
  t.match(seen[0], { done: false }, 'the cold path waits for the store')
  t.ok((seen[0]?.promises ?? 0) > 0)
  for (let n = 1; n <= 3; n += 1) {
    t.same((await app.inject(withToken(token, '/watched'))).json(), { userId: 'ada' })
    t.same(seen[n], { done: true, promises: 0 })
  }
})

t.test('two hooks on one request verify and count once', async (t) => {
  const store = countingStore(memoryTokenStore())
  const { app } = await startHost(t, { store }, (app) => {
    app.get('/twice', { onRequest: app.verifyApiToken, preHandler: requireScopes('a') }, async () => 'ok')
  })
  const { token, id } = await issue(app, 'ada', { scopes: ['a'] })
  t.equal((await app.inject(withToken(token, '/twice'))).statusCode, 200)
  t.match(app.apiTokens.stats().verification, { hits: 0, misses: 1, loads: 1 })
  await app.apiTokens.flush()
  t.equal((await findToken(store, id))?.token.useCount, 1)
})

t.test('stats count hits, misses, loads, entries and uses', async (t) => {
  const { app } = await startHost(t, { cache: { max: 7 } })
  const { token } = await issue(app, 'ada')
  for (let n = 0; n < 4; n += 1) await app.inject(withToken(token))
  await app.inject(withToken('forged'))
  t.same(app.apiTokens.stats(), {
    verification: { hits: 3, misses: 2, loads: 1 },
    cache: { size: 1, max: 7 },
    usage: { pending: 1, flushed: 0 },
    invalidation: {
      feed: 'available',
      feedLagMs: null,
      pubsubName: null,
      pubsub: null,
      pubsubLagMs: null,
    },
    sweep: { suspended: null, clockAheadMs: null },
  })
  await app.apiTokens.flush()
  t.same(app.apiTokens.stats().usage, { pending: 0, flushed: 4 })
})

/** The token with other claims, signed by its key. */
async function resigned(token: string, key: SigningJwk, changes: Members): Promise<string> {
  const { header, claims } = read(token)
  return sign(key, header, { ...claims, ...changes })
}
