/** What the verification cache stores, for how long, and what it never stores. */

import { once } from 'node:events'
import { type IncomingMessage, type RequestOptions, request, type Server } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import { promisify } from 'node:util'
import t from 'tap'
import type { SigningJwk } from '../../src/keys/jwk.ts'
import { findToken } from '../../src/store/find-token.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { countingStore } from '../support/counting-store.ts'
import { read, sign } from '../support/forge.ts'
import { issue, startHost, withToken } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'
import { countCredentialsInHeap, isInHeap } from './heap.ts'

t.test('promise 11: an entry is valid for its ttl, to the millisecond', async (t) => {
  const store = countingStore(memoryTokenStore())
  const { app, clock } = await startHost(t, { store, cache: { ttl: '60s' } })
  const { token } = await issue(app, 'ada')
  const reads = async () => {
    store.calls.clear()
    t.equal((await app.inject(withToken(token))).statusCode, 200)
    return store.reads()
  }
  t.equal(await reads(), 1)
  clock.advance(59_999)
  t.equal(await reads(), 0)
  clock.advance(1)
  t.equal(await reads(), 1)
  clock.advance(59_999)
  t.equal(await reads(), 0)
})

t.test('promise 11: an entry never outlives its token’s expiry, to the millisecond', async (t) => {
  const store = countingStore(memoryTokenStore())
  const { app, clock } = await startHost(t, { store, cache: { ttl: '60s' } })
  const { token, expires_at } = await issue(app, 'ada', { expires_in: 10 })
  t.equal(expires_at, new Date(clock.now() + 10_000).toISOString())
  await app.inject(withToken(token))
  store.calls.clear()
  clock.advance(9_999)
  t.equal((await app.inject(withToken(token))).statusCode, 200)
  t.equal(store.reads(), 0)
  clock.advance(1)
  t.equal((await app.inject(withToken(token))).statusCode, 401)
})

t.test('promise 11: an entry never outlives its token’s idle timeout', async (t) => {
  const store = countingStore(memoryTokenStore())
  const { app, clock } = await startHost(t, { store, idleTimeout: '30s', cache: { ttl: '60s' } })
  const { token } = await issue(app, 'ada')
  await app.inject(withToken(token))
  store.calls.clear()
  clock.advance('30s')
  t.equal((await app.inject(withToken(token))).statusCode, 200, 'at 30 s it is not idle yet')
  t.equal(store.reads(), 0)
  clock.advance(1)
  t.equal((await app.inject(withToken(token))).statusCode, 200, 'that was a use')
  t.equal(store.reads(), 1, 'but the entry was no longer valid')
  clock.advance(30_001)
  t.equal((await app.inject(withToken(token))).statusCode, 401)
})

t.test('promise 11: rejections of tokens with a valid signature are cached', async (t) => {
  const store = countingStore(memoryTokenStore())
  const key = hs256Key()
  const { app, clock } = await startHost(t, { store, keys: [key], cache: { ttl: '60s' } })
  const elsewhere = await startHost(t, { keys: [key] })
  const tokens = {
    revoked: await issue(app, 'ada'),
    disabled: await issue(app, 'ada'),
    expired: await issue(app, 'ada', { expires_in: 1 }),
    'of an inactive owner': await issue(app, 'bob'),
    'of a removed owner': await issue(app, 'eve'),
    'without a row': await issue(elsewhere.app, 'ada'),
  }
  await app.apiTokens.revoke(tokens.revoked.id)
  await app.apiTokens.update(tokens.disabled.id, { status: 'inactive' })
  await app.apiTokens.deactivateUser('bob')
  await app.apiTokens.removeUser('eve')
  clock.advance('1s')
  for (const [what, { token }] of Object.entries(tokens)) {
    store.calls.clear()
    for (let n = 0; n < 3; n += 1) t.equal((await app.inject(withToken(token))).statusCode, 401, what)
    t.same([...store.calls], [['findTokens', 1]], what)
  }
  clock.advance('60s')
  for (const [what, { token }] of Object.entries(tokens)) {
    store.calls.clear()
    t.equal((await app.inject(withToken(token))).statusCode, 401, what)
    t.equal(store.reads(), 1, `${what}, after the ttl`)
  }
})

t.test('a rejected request counts no use', async (t) => {
  const store = memoryTokenStore()
  const { app } = await startHost(t, { store })
  const { token, id } = await issue(app, 'ada')
  await app.apiTokens.revoke(id)
  for (let n = 0; n < 3; n += 1) await app.inject(withToken(token))
  t.same(app.apiTokens.stats().usage, { pending: 0, flushed: 0 })
  await app.apiTokens.flush()
  t.match((await findToken(store, id))?.token, { useCount: 0, lastUsedAt: null })
})

t.test('promise 11: a credential that differs from its row is refused and replaces no entry', async (t) => {
  const store = countingStore(memoryTokenStore())
  const [first, second] = [hs256Key(), hs256Key()]
  const { app } = await startHost(t, { store, keys: [first, second] })
  const { token } = await issue(app, 'ada', { scopes: ['models:read'] })
  await app.inject(withToken(token))
  for (const twin of await differingFromRow(token, first, second)) {
    t.equal((await app.inject(withToken(twin))).statusCode, 401)
    store.calls.clear()
    t.equal((await app.inject(withToken(token))).statusCode, 200)
    t.equal(store.reads(), 0, 'the genuine credential is still cached')
  }
  t.equal(app.apiTokens.stats().cache.size, 1)
})

t.test('promise 11: the cache is bounded, and an evicted token costs a read and loses no use', async (t) => {
  const store = countingStore(memoryTokenStore())
  const { app } = await startHost(t, { store, cache: { max: 3 }, usage: { flushInterval: '1d' } })
  const tokens = []
  for (let n = 0; n < 5; n += 1) tokens.push(await issue(app, `user ${n % 2}`))
  store.calls.clear()
  for (let round = 0; round < 4; round += 1) {
    for (const { token } of tokens) await app.inject(withToken(token))
    t.match(app.apiTokens.stats().cache, { size: 3, max: 3 })
  }
  t.equal(store.reads(), 20)
  t.equal(store.writes(), 0)
  for (const { id } of tokens) t.equal((await app.apiTokens.get(id)).useCount, 4, 'before the flush')
  await app.apiTokens.flush()
  for (const { id } of tokens) t.equal((await findToken(store, id))?.token.useCount, 4, 'in the row')
})

t.test('promise 11: the least recently used entry is evicted first', async (t) => {
  const store = countingStore(memoryTokenStore())
  const { app } = await startHost(t, { store, cache: { max: 2 } })
  const [a, b, c] = [await issue(app, 'ada'), await issue(app, 'ada'), await issue(app, 'ada')]
  for (const { token } of [a, b, a, c]) await app.inject(withToken(token))
  store.calls.clear()
  await app.inject(withToken(a.token))
  t.equal(store.reads(), 0)
  await app.inject(withToken(b.token))
  t.equal(store.reads(), 1)
})

t.test('promise 11: recently used entries stay in a larger cache, too', async (t) => {
  const store = countingStore(memoryTokenStore())
  const { app } = await startHost(t, { store, cache: { max: 8 } })
  const tokens = []
  for (let n = 0; n < 12; n += 1) tokens.push((await issue(app, 'ada')).token)
  const [first = '', second = '', ...others] = tokens
  for (const token of [first, second, ...others.slice(0, 6)]) await app.inject(withToken(token))
  // The first is used between the others, again and again; the second never again.
  for (const token of others.slice(6)) {
    await app.inject(withToken(first))
    await app.inject(withToken(token))
  }
  store.calls.clear()
  await app.inject(withToken(first))
  t.equal(store.reads(), 0)
  await app.inject(withToken(second))
  t.equal(store.reads(), 1)
})

t.test('promise 11: a credential that shares a part with a cached one is not found', async (t) => {
  const store = countingStore(memoryTokenStore())
  const { app } = await startHost(t, { store })
  const [one, other] = [await issue(app, 'ada'), await issue(app, 'bob')]
  for (const { token } of [one, other]) t.equal((await app.inject(withToken(token))).statusCode, 200)
  store.calls.clear()
  const [header, claims, signature = ''] = one.token.split('.')
  const [, otherClaims, otherSignature] = other.token.split('.')
  for (const invalid of [
    `${header}.${claims}.${otherSignature}`,
    `${header}.${otherClaims}.${signature}`,
    `${header}.${claims}x.${signature}`,
    `x${header}.${claims}.${signature}`,
    `${header}.${claims}.${signature}x`,
    `${header}.${claims}.${signature.slice(1)}`,
    `${header}.${claims}..${signature}`,
    `${header}${claims}.${signature}`,
    signature,
  ])
    t.equal((await app.inject(withToken(invalid))).statusCode, 401, invalid)
  for (const { token } of [one, other]) t.equal((await app.inject(withToken(token))).statusCode, 200)
  t.equal(store.reads(), 0)
})

t.test('promise 11: each plugin instance has its own cache', async (t) => {
  const real = memoryTokenStore()
  const key = hs256Key()
  const stores = [countingStore(real), countingStore(real)] as const
  const one = await startHost(t, { store: stores[0], keys: [key] })
  const two = await startHost(t, { store: stores[1], keys: [key] })
  const { token } = await issue(one.app, 'ada')
  for (const store of stores) store.calls.clear()
  for (const { app } of [one, two]) t.equal((await app.inject(withToken(token))).statusCode, 200)
  for (const store of stores) t.equal(store.reads(), 1)
  t.match(
    [one, two].map(({ app }) => app.apiTokens.stats().cache.size),
    [1, 1],
  )
})

t.test('an invalidated user’s entries are dropped, and no others', async (t) => {
  const { app } = await startHost(t)
  const tokens = []
  for (const user of ['ada', 'ada', 'ada', 'bob']) tokens.push(await issue(app, user))
  for (const { token } of tokens) await app.inject(withToken(token))
  t.equal(app.apiTokens.stats().cache.size, 4)
  app.apiTokens.invalidateUser('ada')
  t.equal(app.apiTokens.stats().cache.size, 1)
  app.apiTokens.invalidateUser('nobody')
  t.equal(app.apiTokens.stats().cache.size, 1)
})

for (const credentials of ['jwt', 'compact'] as const) {
  t.test(
    `promise 11: no ${credentials} credential is left in memory once its connection is closed`,
    async (t) => {
      const prefix = `heaptest_${credentials}_`
      const { app } = await startHost(t, { credentials, tokenPrefix: prefix })
      const url = await app.listen({ port: 0, host: '127.0.0.1' })
      let secret: Buffer = Buffer.alloc(0)
      const see = (token: string) => {
        secret = secretOf(token)
      }
      t.equal(await callWithNewToken(url, see), 200)
      await untilClosed(app.server)
      t.equal(app.apiTokens.stats().cache.size, 1, 'it is cached')
      t.equal(await countCredentialsInHeap(prefix), 0, 'but not by its text')
      t.notOk(await isInHeap(secret), 'nor by its secret')
      const kept: string[] = []
      t.equal(await callWithNewToken(url, (token) => kept.push(token)), 200)
      await untilClosed(app.server)
      t.equal(await countCredentialsInHeap(prefix), 1, 'a credential that someone keeps is found like this')
      t.equal(kept.length, 1)
      t.ok(await isInHeap(secretOf(kept[0] ?? '')), 'and so is its secret')
    },
  )
}

/** The signature or the MAC, as bytes, which are no string in the heap. */
function secretOf(token: string): Buffer {
  return Buffer.from(token.includes('.') ? token.slice(token.lastIndexOf('.') + 1) : token.slice(-32))
}

/** Credentials of the same id, well signed, that say something else than the row: owner, scopes, key. */
async function differingFromRow(token: string, key: SigningJwk, otherKey: SigningJwk): Promise<string[]> {
  const { header, claims } = read(token)
  return [
    await sign(key, header, { ...claims, sub: 'eve' }),
    await sign(key, header, { ...claims, scope: 'models:read chat:write' }),
    await sign(key, header, { ...claims, scope: undefined }),
    await sign(otherKey, { ...header, kid: otherKey.kid }, claims),
  ]
}

/** Issues a token and calls with it, over connections that are closed then. */
async function callWithNewToken(url: string, see: (token: string) => void): Promise<number | undefined> {
  const issued = await send(`${url}/tokens`, { method: 'POST', headers: { 'x-user': 'ada' } })
  const { token } = JSON.parse(issued.body)
  see(token)
  const { status } = await send(`${url}/protected`, { headers: { authorization: `Bearer ${token}` } })
  return status
}

async function send(
  url: string,
  options: RequestOptions,
): Promise<{ status: number | undefined; body: string }> {
  const sent = request(url, { ...options, agent: false }).end()
  const closed = once(sent, 'close')
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  let body = ''
  for await (const chunk of response) body += chunk
  await closed
  return { status: response.statusCode, body }
}

/** Waits until the server has no connection left, and the client's end of the last one is gone as well. */
async function untilClosed(server: Server): Promise<void> {
  const count = promisify(server.getConnections.bind(server))
  do await setImmediate()
  while ((await count()) > 0)
}
