/** Promise 13: the non-authenticated mode. Every protected route is open, and tokens are not available. */

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import apiTokens, {
  type ApiTokensOptions,
  requireAnyScope,
  requireScopes,
  verifyApiToken,
  verifyApiTokenOr,
} from '../../src/index.ts'
import { jwksFile } from '../../src/keys/jwks-file.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { countingStore } from '../support/counting-store.ts'

async function openHost(t: Test, options: ApiTokensOptions = {}) {
  const logged: { level: number; msg: string }[] = []
  const stream = { write: (line: string) => logged.push(JSON.parse(line)) }
  const app = Fastify({ logger: { level: 'info', stream } })
  t.teardown(() => app.close())
  await app.register(apiTokens, { authentication: 'none', ...options })
  const answer = async ({ apiToken }: { apiToken: unknown }) => ({ apiToken })
  app.get('/verify', { onRequest: app.verifyApiToken }, answer)
  app.get('/exported', { onRequest: verifyApiToken }, answer)
  app.get('/awaited', { preHandler: async (request, reply) => app.verifyApiToken(request, reply) }, answer)
  app.get('/scopes', { preHandler: requireAnyScope('admin') }, answer)
  app.get('/exported-scopes', { preHandler: requireScopes('admin') }, answer)
  const refuse = async () => {
    throw new Error('a session is never asked for')
  }
  app.get('/or', { preHandler: verifyApiTokenOr(refuse, 'admin') }, answer)
  await app.ready()
  return { app, logged }
}

t.test('promise 13: every protected route is open, whatever the Authorization header says', async (t) => {
  const { app } = await openHost(t)
  for (const url of ['/verify', '/exported', '/awaited', '/scopes', '/exported-scopes', '/or']) {
    for (const authorization of [undefined, '', 'Bearer', 'Bearer forged', 'Bearer a b', 'Basic eDp5', 'é']) {
      const response = await app.inject({
        url,
        headers: authorization === undefined ? {} : { authorization },
      })
      t.equal(response.statusCode, 200, `${url} ${authorization}`)
      t.strictSame(response.json(), { apiToken: null })
    }
  }
})

t.test('promise 13: management routes respond 403, signed in or not', async (t) => {
  for (const prefix of ['/tokens', '/bodhi/v1/tokens']) {
    const { app } = await openHost(t, { routes: { prefix }, authenticateUser: () => ({ id: 'ada' }) })
    for (const [method, path] of [
      ['POST', ''],
      ['GET', ''],
      ['GET', '?limit=5'],
      ['GET', '/scopes'],
      ['GET', '/current'],
      ['DELETE', '/current'],
      ['GET', '/019b76da-a800-7fdc-bfcb-a521939f475d'],
      ['PATCH', '/019b76da-a800-7fdc-bfcb-a521939f475d'],
      ['DELETE', '/019b76da-a800-7fdc-bfcb-a521939f475d'],
    ] as const) {
      const response = await app.inject({ method, url: prefix + path })
      t.equal(response.statusCode, 403, `${method} ${path}`)
      t.equal(response.json().code, 'FST_API_TOKENS_AUTHENTICATION_DISABLED')
      t.equal(response.headers['cache-control'], 'no-store')
    }
    const broken = {
      method: 'POST',
      url: prefix,
      headers: { 'content-type': 'text/plain' },
      body: '{',
    } as const
    t.equal((await app.inject(broken)).statusCode, 403, 'before the body is looked at')
  }
})

t.test('promise 13: with routes off there is nothing to manage', async (t) => {
  const { app } = await openHost(t, { routes: false })
  t.equal((await app.inject('/tokens')).statusCode, 404)
})

t.test('promise 13: a warning is logged at start', async (t) => {
  const { logged } = await openHost(t)
  const warnings = logged.filter(({ level }) => level >= 40)
  t.equal(warnings.length, 1)
  t.match(warnings[0]?.msg, /authentication: 'none'.*every route .* is open/)
})

t.test('promise 13: neither store nor key file is opened', async (t) => {
  const folder = t.testdir()
  const store = countingStore(memoryTokenStore())
  const keys = jwksFile(join(folder, 'keys.json'))
  const { app } = await openHost(t, { store, keys })
  await app.inject({ url: '/verify', headers: { authorization: 'Bearer forged' } })
  await app.inject('/tokens')
  await app.close()
  t.equal(store.calls.size, 0, 'not even opened or closed')
  t.same(readdirSync(folder), [])
})

t.test('promise 13: without any options no file appears', async (t) => {
  const before = process.cwd()
  process.chdir(t.testdir())
  t.teardown(() => process.chdir(before))
  const { app } = await openHost(t)
  await app.inject('/verify')
  await app.close()
  t.notOk(existsSync('api-tokens.db'))
  t.notOk(existsSync('api-tokens.jwks.json'))
})

async function refusesByCode(t: Test, app: FastifyInstance) {
  const api = app.apiTokens
  const calls: (() => Promise<unknown>)[] = [
    () => api.issue({ userId: 'ada' }),
    () => api.list({ userId: 'ada' }),
    () => api.get('x'),
    () => api.update('x', {}),
    () => api.revoke('x'),
    () => api.verify('x'),
    () => api.deactivateUser('ada'),
    () => api.reactivateUser('ada'),
    () => api.removeUser('ada'),
  ]
  for (const call of calls) {
    await t.rejects(call, { statusCode: 403, code: 'FST_API_TOKENS_AUTHENTICATION_DISABLED' }, String(call))
  }
}

t.test(
  'promise 13: operations of app.apiTokens on tokens are refused, and the others do nothing',
  async (t) => {
    const { app } = await openHost(t, { cache: { max: 7 } })
    await refusesByCode(t, app)
    const api = app.apiTokens
    t.equal(api.invalidateUser('ada'), undefined)
    t.equal(await api.flush(), undefined)
    t.same(await api.sweep(), { idle: 0, idleWarning: 0, pruned: 0 })
    t.same(api.stats(), {
      verification: { hits: 0, misses: 0, loads: 0 },
      cache: { size: 0, max: 7 },
      usage: { pending: 0, flushed: 0 },
      invalidation: {
        feed: 'available',
        feedLagMs: null,
        pubsubName: null,
        pubsub: null,
        pubsubLagMs: null,
      },
      sweep: { suspended: null, clockAheadMs: null },
    })
    t.equal(
      api.events.on('issued', () => undefined),
      api.events,
    )
  },
)
