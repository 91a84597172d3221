/** While the store is unavailable tokens are neither accepted nor refused, and no use is lost. */

import type { FastifyError } from 'fastify'
import t, { type Test } from 'tap'
import { errorCodes } from '../../src/index.ts'
import { findToken } from '../../src/store/find-token.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { countingStore } from '../support/counting-store.ts'
import { as, issue, startHost, withToken } from '../support/host.ts'
import { manualTimers } from '../support/manual-timers.ts'
import { pausedStore } from '../support/paused-store.ts'

t.test('a credential that is not cached gets 503 with Retry-After', async (t) => {
  const { app, store, token } = await startWithToken(t)
  store.outage = new Error('the disk is gone')
  for (let n = 0; n < 3; n += 1) {
    const response = await app.inject(withToken(token))
    t.match(response.json(), { statusCode: 503, code: 'FST_API_TOKENS_STORE_UNAVAILABLE' })
    t.match(response.headers, { 'retry-after': '5' })
    t.equal(response.headers['www-authenticate'], undefined)
    t.notMatch(response.body, /disk/, 'the driver’s message is only in the log')
  }
  store.outage = undefined
  t.equal((await app.inject(withToken(token))).statusCode, 200)
})

t.test('promise 3: an invalid signature is refused during an outage', async (t) => {
  const { app, store, token } = await startWithToken(t)
  store.outage = new Error('the disk is gone')
  t.equal((await app.inject(withToken(`${token}x`))).statusCode, 401)
})

t.test('promise 11: a cached entry is valid until its deadline, to the millisecond', async (t) => {
  const { app, store, clock, token } = await startWithToken(t)
  await app.inject(withToken(token))
  store.outage = new Error('the disk is gone')
  clock.advance(59_999)
  t.equal((await app.inject(withToken(token))).statusCode, 200)
  clock.advance(1)
  t.equal((await app.inject(withToken(token))).statusCode, 503)
})

t.test('a failed change is 503, and drops the cache entry of the token', async (t) => {
  const { app, store, token, id } = await startWithToken(t)
  await app.inject(withToken(token))
  store.outage = new Error('the disk is gone')
  for (const [method, url] of [
    ['GET', '/tokens'],
    ['POST', '/tokens'],
    ['GET', `/tokens/${id}`],
    ['PATCH', `/tokens/${id}`],
    ['DELETE', `/tokens/${id}`],
  ] as const) {
    const payload = method === 'PATCH' ? { name: 'x' } : {}
    const response = await app.inject(as('ada', { method, url, ...(method === 'GET' ? {} : { payload }) }))
    t.match(
      response.json(),
      { statusCode: 503, code: 'FST_API_TOKENS_STORE_UNAVAILABLE' },
      `${method} ${url}`,
    )
  }
  t.equal((await app.inject(withToken(token))).statusCode, 503, 'promise 4: the revoke may have happened')
})

t.test('promise 4: a deactivation with a lost response drops the user’s cache entries', async (t) => {
  const { app, store, token } = await startWithToken(t)
  await app.inject(withToken(token))
  store.outage = new Error('the disk is gone')
  await t.rejects(app.apiTokens.deactivateUser('ada'), { code: 'FST_API_TOKENS_STORE_UNAVAILABLE' })
  t.equal((await app.inject(withToken(token))).statusCode, 503)
})

t.test('promise 7: uses during an outage are written once after it', async (t) => {
  const { app, store, token, id } = await startWithToken(t)
  await app.inject(withToken(token))
  store.outage = new Error('the disk is gone')
  for (let n = 0; n < 4; n += 1) {
    t.equal((await app.inject(withToken(token))).statusCode, 200)
    await t.rejects(app.apiTokens.flush(), { code: 'FST_API_TOKENS_STORE_UNAVAILABLE', cause: store.outage })
  }
  t.same(app.apiTokens.stats().usage, { pending: 1, flushed: 0 })
  store.outage = undefined
  await app.apiTokens.flush()
  t.same(app.apiTokens.stats().usage, { pending: 0, flushed: 5 })
  t.equal((await findToken(store, id))?.token.useCount, 5)
  await app.apiTokens.flush()
  t.equal((await findToken(store, id))?.token.useCount, 5)
})

t.test('a sweep that cannot write the uses marks no token idle', async (t) => {
  const { app, store, clock, token, id } = await startWithToken(t)
  clock.advance('29d')
  await app.inject(withToken(token))
  clock.advance('2d')
  store.outage = new Error('the disk is gone')
  await t.rejects(app.apiTokens.sweep(), { code: 'FST_API_TOKENS_STORE_UNAVAILABLE' })
  store.outage = undefined
  t.match((await findToken(store, id))?.token, { status: 'active' })
})

t.test('requests that fail together have errors of their own, which a host may change', async (t) => {
  const users = { outage: undefined as Error | undefined }
  const store = countingStore(memoryTokenStore())
  const findUser = async () => {
    if (users.outage !== undefined) throw users.outage
    return { active: true }
  }
  const errors: Error[] = []
  const { app } = await startHost(t, { store, findUser }, (app) => {
    app.setErrorHandler<FastifyError>((error, _request, reply) => {
      errors.push(error)
      Object.assign(error, { statusCode: 200, message: 'changed' })
      Object.assign(Object(error).headers, { 'retry-after': '60' })
      reply.code(error instanceof errorCodes.FST_API_TOKENS_STORE_UNAVAILABLE ? 503 : 500).send('')
    })
  })
  const credentials = [await issue(app, 'ada'), await issue(app, 'ada')].map(({ token }) => token)
  const failing = async (cause: Error) => {
    errors.length = 0
    const requests = [...credentials, ...credentials].map((credential) => app.inject(withToken(credential)))
    for (const { statusCode, headers } of await Promise.all(requests))
      t.match({ statusCode, headers }, { statusCode: 503, headers: { 'retry-after': '5' } })
    t.equal(new Set(errors).size, 4)
    for (const error of errors) t.equal(error.cause, cause)
  }
  store.outage = new Error('the disk is gone')
  await failing(store.outage)
  store.outage = undefined
  users.outage = new Error('the user database is gone')
  await failing(users.outage)
})

t.test('a store without a result for 30 s is an outage, whatever it returns later', async (t) => {
  const store = pausedStore(memoryTokenStore())
  const { app } = await startHost(t, { store })
  const { token } = await issue(app, 'ada')
  const timers = manualTimers(t)
  const load = store.hold('findTokens', 'after')
  const requests = Promise.all([1, 2].map(() => app.inject(withToken(token))))
  await load.held
  timers.tick(30_000)
  for (const { statusCode } of await requests) t.equal(statusCode, 503)
  t.equal((await app.inject(withToken(token))).statusCode, 200)
  load.release()
})

t.test('app.apiTokens.verify rejects with 503 during an outage', async (t) => {
  const { app, store, token } = await startWithToken(t)
  store.outage = new Error('the disk is gone')
  await t.rejects(app.apiTokens.verify(token), { statusCode: 503, cause: store.outage })
  store.outage = undefined
  t.match(await app.apiTokens.verify(token), { userId: 'ada' })
})

async function startWithToken(t: Test) {
  const store = countingStore(memoryTokenStore())
  const host = await startHost(t, { store, cache: { ttl: '60s' }, usage: { flushInterval: '1d' } })
  return { ...host, store, ...(await issue(host.app, 'ada')) }
}
