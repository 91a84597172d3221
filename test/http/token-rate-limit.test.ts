/** `tokenRateLimit`: each token has its own limit, counted by `@fastify/rate-limit` in memory and in Redis. */

import { randomUUID } from 'node:crypto'
import rateLimit, { type RateLimitPluginOptions } from '@fastify/rate-limit'
import Fastify, { type InjectOptions } from 'fastify'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import apiTokens, {
  type ApiTokensOptions,
  requireScopes,
  tokenRateLimit,
  verifyApiToken,
  verifyApiTokenOr,
} from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { withToken } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'
import { isListening } from '../support/services.ts'

const DEFAULT = { max: 3, timeWindow: '1m' }

async function start(t: Test, own: RateLimitPluginOptions = {}, options: ApiTokensOptions = {}) {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(rateLimit, { ...tokenRateLimit(DEFAULT), ...own })
  await app.register(apiTokens, { store: memoryTokenStore(), keys: [hs256Key()], routes: false, ...options })
  app.get('/early', { onRequest: verifyApiToken }, async () => ({}))
  app.get('/late', { preHandler: requireScopes('models:read') }, async () => ({}))
  app.get('/either', { onRequest: verifyApiTokenOr(async () => undefined) }, async () => ({}))
  app.get('/open', async () => ({}))
  await app.ready()
  const scopes = ['models:read']
  const issue = async (limit?: { max: number; timeWindow: string }) =>
    app.apiTokens.issue({ userId: 'ada', scopes, rateLimit: limit ?? null })
  const send = (credential: string | null, url = '/early', remoteAddress = '192.0.2.1') => {
    const request: InjectOptions = credential === null ? { url } : withToken(credential, url)
    return app.inject({ ...request, remoteAddress })
  }
  /** How many of the next requests are accepted before the first 429. */
  const left = async (...request: Parameters<typeof send>) => {
    for (let accepted = 0; ; accepted += 1) {
      const { statusCode } = await send(...request)
      if (statusCode === 429) return accepted
      if (statusCode !== 200) throw new Error(`${statusCode}`)
    }
  }
  return { app, issue, send, left }
}

for (const url of ['/early', '/late', '/either']) {
  t.test(`each token has its own limit and counter, at ${url}`, async (t) => {
    const { issue, send, left } = await start(t)
    const [five, one, without] = [
      await issue({ max: 5, timeWindow: '1m' }),
      await issue({ max: 1, timeWindow: '10s' }),
      await issue(),
    ]
    const first = await send(five.credential, url)
    t.match(first.headers, { 'x-ratelimit-limit': '5', 'x-ratelimit-remaining': '4' })
    t.equal(await left(one.credential, url), 1)
    t.equal(await left(five.credential, url), 4, 'the counter is of the token')
    t.equal(await left(without.credential, url), DEFAULT.max, 'the default of the host')
    const refused = await send(one.credential, url)
    t.equal(refused.statusCode, 429)
    t.match(refused.headers, {
      'x-ratelimit-limit': '1',
      'x-ratelimit-remaining': '0',
      'retry-after': /^\d+$/,
    })
    t.ok(Number(refused.headers['retry-after']) <= 10, 'the window is that of the token')
    t.notOk('www-authenticate' in refused.headers)
    t.equal(await left(five.credential, url, '198.51.100.1'), 0, 'whatever the address')
  })
}

t.test('requests without a token are counted by address, IPv6 by its first 64 bits', async (t) => {
  const { left, issue } = await start(t)
  const { credential } = await issue()
  t.equal(await left(null, '/open', '192.0.2.1'), 3)
  t.equal(await left(null, '/open', '::ffff:192.0.2.1'), 0, 'IPv4-mapped')
  t.equal(await left(null, '/open', '192.0.2.2'), 3)
  t.equal(await left(null, '/open', '2001:db8::1'), 3)
  t.equal(await left(null, '/open', '2001:db8::ffff:2%eth0'), 0, 'of the same network')
  t.equal(await left(null, '/open', '2001:db8:0:1::1'), 3)
  t.equal(await left(null, '/either', 'unknown'), 3)
  t.equal(await left(null, '/either', 'invented'), 0, 'texts that are no address')
  t.equal(await left(credential, '/early', '192.0.2.1'), 3, 'a token is not counted by its address')
})

t.test('an invalid token is 401, and not counted', async (t) => {
  const { app, issue, send } = await start(t)
  const { token, credential } = await issue({ max: 1, timeWindow: '1m' })
  t.equal((await send(credential)).statusCode, 200)
  t.equal((await send(credential)).statusCode, 429)
  await app.apiTokens.revoke(token.id)
  t.equal((await send(credential)).statusCode, 401)
})

t.test('a refused request is a use of the token', async (t) => {
  const { app, issue, left } = await start(t)
  const { token, credential } = await issue({ max: 2, timeWindow: '1m' })
  t.equal(await left(credential), 2)
  t.equal((await app.apiTokens.get(token.id)).useCount, 3)
})

t.test('a changed limit takes effect on the next request', async (t) => {
  const { app, issue, left, send } = await start(t)
  const { token, credential } = await issue({ max: 2, timeWindow: '1m' })
  t.equal(await left(credential), 2)
  await app.apiTokens.update(token.id, { rateLimit: { max: 10, timeWindow: '1m' } })
  t.match((await send(credential)).headers, { 'x-ratelimit-limit': '10', 'x-ratelimit-remaining': '6' })
  await app.apiTokens.update(token.id, { rateLimit: null })
  t.equal((await send(credential)).statusCode, 429, 'the default has been reached')
})

t.test('several instances count together in Redis', { skip: !(await isListening(6379)) }, async (t) => {
  const redis = new Redis('redis://127.0.0.1:6379')
  t.teardown(() => void redis.quit())
  const shared = { store: memoryTokenStore(), keys: [hs256Key()] }
  const own = { redis, nameSpace: `test-${randomUUID()}-` }
  const [one, other] = [await start(t, own, shared), await start(t, own, shared)]
  const { token, credential } = await one.issue({ max: 4, timeWindow: '1m' })
  t.equal((await one.send(credential)).statusCode, 200)
  t.equal(await other.left(credential), 3)
  t.equal(await one.left(credential), 0)
  await one.app.apiTokens.update(token.id, { rateLimit: { max: 20, timeWindow: '1m' } })
  t.equal((await one.send(credential)).statusCode, 200)
})

t.test('one route may have a limit of its own beside the global one', async (t) => {
  const { app, issue } = await start(t, { global: false })
  const { credential } = await issue({ max: 2, timeWindow: '1m' })
  t.equal((await app.inject(withToken(credential, '/early'))).headers['x-ratelimit-limit'], undefined)
  const own = Fastify()
  t.teardown(() => own.close())
  await own.register(rateLimit, { global: false })
  await own.register(apiTokens, { store: memoryTokenStore(), keys: [hs256Key()], routes: false })
  const config = { rateLimit: tokenRateLimit(DEFAULT) }
  own.get('/limited', { onRequest: verifyApiToken, config }, async () => ({}))
  await own.ready()
  const issued = await own.apiTokens.issue({ userId: 'ada', rateLimit: { max: 7, timeWindow: '1m' } })
  t.match((await own.inject(withToken(issued.credential, '/limited'))).headers, { 'x-ratelimit-limit': '7' })
})

t.test('in the non-authenticated mode requests are counted by address', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(rateLimit, tokenRateLimit(DEFAULT))
  await app.register(apiTokens, { authentication: 'none' })
  app.get('/early', { onRequest: verifyApiToken }, async () => ({}))
  for (const status of [200, 200, 200, 429])
    t.equal((await app.inject({ url: '/early', headers: { authorization: 'Bearer x' } })).statusCode, status)
})

t.test('a route outside of the plugin is limited by address', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(rateLimit, tokenRateLimit(DEFAULT))
  app.get('/outside', async () => ({}))
  for (const status of [200, 200, 200, 429]) t.equal((await app.inject('/outside')).statusCode, status)
})

t.test('promise 16: a wrong limit of the host is refused by name', async (t) => {
  const refused = (options: unknown, message: RegExp) =>
    t.throws(() => tokenRateLimit(options as typeof DEFAULT), {
      code: 'FST_API_TOKENS_INVALID_OPTION',
      message,
    })
  for (const max of [0, 1.5, '3', null, undefined, () => 3])
    refused({ ...DEFAULT, max }, /tokenRateLimit: max must/)
  for (const timeWindow of [0, -1, '1', '25d', null, undefined])
    refused({ ...DEFAULT, timeWindow }, /tokenRateLimit: timeWindow must/)
  refused({ ...DEFAULT, time_window: '1m' }, /time_window is not an option: did you mean timeWindow/)
  refused(undefined, /its options must be an object/)
  t.throws(() => Reflect.apply(tokenRateLimit, undefined, [DEFAULT, {}]), /additional arguments/)
})
