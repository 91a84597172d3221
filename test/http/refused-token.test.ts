/** `request.apiToken` is null after a refusal, also if another function then allows the request. */

import fastifyAuth from '@fastify/auth'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import apiTokens, {
  requireAnyScope,
  requireScopes,
  verifyApiToken,
  verifyApiTokenOr,
} from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { hs256Key } from '../support/keys.ts'

const session = async ({ headers }: FastifyRequest) => {
  if (headers.cookie !== 'bob') throw Object.assign(new Error('sign in'), { statusCode: 401 })
}

type Chain = Parameters<FastifyInstance['auth']>[0]

/** Chains that refuse a token without the scope `admin`, and that a session then passes. */
const CHAINS: Record<string, (app: FastifyInstance) => Chain> = {
  'the exported hook before a session': () => [requireScopes('admin'), session],
  'any of several scopes before a session': () => [requireAnyScope('admin', 'root'), session],
  'verifyApiTokenOr with a scope before a session': () => [verifyApiTokenOr(session, 'admin'), session],
  'a nested list whose second check refuses': () => [[verifyApiToken, requireScopes('admin')], session],
  'a nested list of decorators': (app) => [[app.verifyApiToken, requireScopes('admin')], session],
  'a nested list with verifyApiTokenOr': () => [[verifyApiTokenOr(session), requireScopes('admin')], session],
  'two scopes, the second missing': () => [[requireScopes('read'), requireScopes('admin')], session],
}

async function startHost(t: Test) {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(fastifyAuth)
  await app.register(apiTokens, {
    store: memoryTokenStore(),
    keys: [hs256Key()],
    routes: false,
    scopes: { admin: '', read: '' },
  })
  return app
}

const answer = async ({ apiToken }: FastifyRequest) => ({ by: apiToken?.userId ?? 'session' })

for (const [name, chainOf] of Object.entries(CHAINS)) {
  t.test(`promise 16: a token that was refused is not on the request: ${name}`, async (t) => {
    const app = await startHost(t)
    app.get('/first', { preHandler: app.auth(chainOf(app)) }, answer)
    app.get('/all', { preHandler: app.auth(chainOf(app), { run: 'all' }) }, answer)
    app.get('/early', { onRequest: verifyApiToken, preHandler: app.auth(chainOf(app)) }, answer)
    const { credential, token } = await app.apiTokens.issue({ userId: 'ada', scopes: ['read'] })
    const { credential: good } = await app.apiTokens.issue({ userId: 'ada', scopes: ['read', 'admin'] })
    let uses = 0
    for (const url of ['/first', '/all', '/early']) {
      for (const state of ['cold', 'warm']) {
        const headers = { cookie: 'bob', authorization: `Bearer ${credential}` }
        const response = await app.inject({ url, headers })
        uses += 1
        t.equal(response.statusCode, 200, `${url}, ${state}`)
        t.same(response.json(), { by: 'session' }, 'the session allowed it, and nobody else')
        const alone = await app.inject({ url, headers: { authorization: headers.authorization } })
        t.ok([401, 403].includes(alone.statusCode), 'the error is that of a function in the list')
        uses += 1
        const { body } = await app.inject({ url, headers: { authorization: `Bearer ${good}` } })
        t.same(JSON.parse(body), { by: 'ada' })
      }
    }
    t.equal((await app.apiTokens.get(token.id)).useCount, uses, 'each request is one use')
  })
}

t.test('promise 16: a token that ended between two hooks is not on the request', async (t) => {
  const app = await startHost(t)
  const { credential, token } = await app.apiTokens.issue({ userId: 'ada' })
  app.get(
    '/',
    {
      onRequest: verifyApiToken,
      preValidation: async () => void (await app.apiTokens.revoke(token.id)),
      preHandler: app.auth([verifyApiToken, session]),
    },
    answer,
  )
  const headers = { cookie: 'bob', authorization: `Bearer ${credential}` }
  t.same((await app.inject({ url: '/', headers })).json(), { by: 'session' })
})

t.test('promise 16: a refusal that a host ignores leaves no token on the request', async (t) => {
  const app = await startHost(t)
  app.get('/', async (request, reply) => {
    const seen: unknown[] = []
    await verifyApiToken(request, reply)
    seen.push(request.apiToken?.userId)
    await requireScopes('admin')(request, reply).catch(() => undefined)
    seen.push(request.apiToken)
    await requireScopes('read')(request, reply)
    return [...seen, request.apiToken?.userId]
  })
  const { credential } = await app.apiTokens.issue({ userId: 'ada', scopes: ['read'] })
  const headers = { authorization: `Bearer ${credential}` }
  t.same((await app.inject({ url: '/', headers })).json(), ['ada', null, 'ada'])
})

t.test('promise 16: with two plugins in one application each clears only its own token', async (t) => {
  const app = await startHost(t)
  const outer = await app.apiTokens.issue({ userId: 'ada', scopes: ['read'] })
  app.register(
    async (scope) => {
      await scope.register(apiTokens, {
        store: memoryTokenStore(),
        keys: [hs256Key()],
        routes: false,
        issuer: 'inner',
        scopes: { admin: '' },
      })
      scope.get('/both', { onRequest: scope.auth([app.verifyApiToken, scope.verifyApiToken]) }, answer)
      scope.get('/inner', { onRequest: app.auth([[app.verifyApiToken, verifyApiToken], session]) }, answer)
    },
    { prefix: '/inner' },
  )
  await app.ready()
  const headers = { cookie: 'bob', authorization: `Bearer ${outer.credential}` }
  for (const url of ['/inner/both', '/inner/inner'])
    t.same((await app.inject({ url, headers })).json(), { by: 'session' }, url)
})
