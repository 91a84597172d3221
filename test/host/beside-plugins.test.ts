/** A host with other plugins, registered before and after: nothing clashes, and each works as without the other. */

import fastifyAuth from '@fastify/auth'
import fastifyCaching from '@fastify/caching'
import fastifyCookie from '@fastify/cookie'
import fastifyCors from '@fastify/cors'
import fastifyFormbody from '@fastify/formbody'
import fastifyHelmet from '@fastify/helmet'
import fastifyJwt from '@fastify/jwt'
import fastifyRateLimit from '@fastify/rate-limit'
import fastifySession from '@fastify/session'
import fastifySwagger from '@fastify/swagger'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import apiTokens, { verifyApiToken } from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { withToken } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'

declare module 'fastify' {
  interface Session {
    userId?: string
  }
}

async function hostPlugins(app: FastifyInstance): Promise<void> {
  await app.register(fastifyCookie)
  await app.register(fastifySession, { secret: 'x'.repeat(32), cookie: { secure: false } })
  await app.register(fastifyJwt, { secret: 'the host’s own secret' })
  await app.register(fastifyCaching, { privacy: fastifyCaching.privacy.PUBLIC, expiresIn: 3600 })
  await app.register(fastifyAuth)
  await app.register(fastifyRateLimit, { max: 1000 })
  await app.register(fastifyHelmet)
  await app.register(fastifyFormbody)
  await app.register(fastifySwagger, { openapi: { info: { title: 'host', version: '1' } } })
}

async function register(app: FastifyInstance): Promise<void> {
  await app.register(apiTokens, {
    store: memoryTokenStore(),
    keys: [hs256Key()],
    authenticateUser: ({ session }) => (session.userId === undefined ? null : { id: session.userId }),
  })
}

async function hostWith(t: Test, order: readonly ((app: FastifyInstance) => Promise<void>)[]) {
  const app = Fastify()
  t.teardown(() => app.close())
  for (const step of order) await step(app)
  app.post('/sign-in', async ({ session }) => {
    session.userId = 'ada'
    return {}
  })
  app.get('/protected', { onRequest: verifyApiToken }, async ({ apiToken }) => ({ userId: apiToken?.userId }))
  app.get('/jwt', async (request) => {
    await request.jwtVerify()
    return { user: request.user, apiToken: request.apiToken }
  })
  app.get('/public', async () => ({}))
  await app.ready()
  return app
}

for (const [when, order] of Object.entries({
  before: [hostPlugins, register],
  after: [register, hostPlugins],
})) {
  t.test(`promise 10: with the host's plugins registered ${when} it`, async (t) => {
    const app = await hostWith(t, order)
    const [cookie] = (await app.inject({ method: 'POST', url: '/sign-in' })).cookies
    const signedIn = { cookie: `${cookie?.name}=${cookie?.value}` }

    const issued = await app.inject({ method: 'POST', url: '/tokens', headers: signedIn })
    t.equal(issued.statusCode, 201)
    t.equal(issued.headers['cache-control'], 'no-store', 'caching does not overrule it')
    const { token, id } = issued.json()
    for (const request of [
      { url: '/tokens', headers: signedIn },
      { url: `/tokens/${id}`, headers: signedIn },
      { url: '/tokens' },
      withToken(token, '/tokens/current'),
      { url: '/tokens/current' },
      { url: '/tokens?limit=0', headers: signedIn },
    ]) {
      const { headers } = await app.inject(request)
      t.equal(headers['cache-control'], 'no-store')
      t.equal(headers['content-security-policy'] !== undefined, true, 'helmet still speaks')
      t.notOk('access-control-allow-origin' in headers)
    }
    t.match(
      (await app.inject('/public')).headers['cache-control'],
      'public',
      'the host’s own routes keep theirs',
    )

    const byToken = await app.inject(withToken(token))
    t.same(byToken.json(), { userId: 'ada' }, 'without any session')
    t.equal(
      (await app.inject({ url: '/protected', headers: signedIn })).statusCode,
      401,
      'a session is no token',
    )
    const both = await app.inject({
      url: '/protected',
      headers: { ...signedIn, authorization: 'Bearer forged' },
    })
    t.equal(both.statusCode, 401, 'a bad bearer does not fall back to the cookie')

    const own = app.jwt.sign({ sub: 'eve' })
    const byJwt = await app.inject(withToken(own, '/jwt'))
    t.match(byJwt.json(), { user: { sub: 'eve' }, apiToken: null }, 'request.user stays the host’s')
    t.equal((await app.inject(withToken(own))).statusCode, 401, 'its JWT is no API token')
    t.equal((await app.inject(withToken(token, '/jwt'))).statusCode, 401, 'nor an API token its JWT')

    const form = await app.inject({
      method: 'POST',
      url: '/tokens',
      headers: { ...signedIn, 'content-type': 'application/x-www-form-urlencoded' },
      payload: 'name=x',
    })
    t.equal(form.statusCode, 415, 'a parser of the host’s opens no other way in')
  })
}

t.test('CORS registered before the hook answers preflights, registered after it they are 401', async (t) => {
  const preflight = {
    method: 'OPTIONS',
    url: '/protected',
    headers: { origin: 'https://app.example', 'access-control-request-method': 'GET' },
  } as const
  for (const [order, status] of [
    ['before', 204],
    ['after', 401],
  ] as const) {
    const app = Fastify()
    t.teardown(() => app.close())
    if (order === 'before') await app.register(fastifyCors, { origin: 'https://app.example' })
    await app.register(apiTokens, { store: memoryTokenStore(), keys: [hs256Key()], routes: false })
    app.addHook('onRequest', app.verifyApiToken)
    if (order === 'after') await app.register(fastifyCors, { origin: 'https://app.example' })
    app.get('/protected', async () => ({}))
    const response = await app.inject(preflight)
    t.equal(response.statusCode, status, order)
    if (order === 'before') t.equal(response.headers['access-control-allow-origin'], 'https://app.example')
  }
})

t.test('a host whose validator coerces, strips and fills in: bodies are still taken strictly', async (t) => {
  const app = Fastify({
    ajv: {
      customOptions: { coerceTypes: 'array', removeAdditional: 'all', useDefaults: true, allErrors: true },
    },
  })
  t.teardown(() => app.close())
  app.setSerializerCompiler(() => () => '"the host serializes everything so"')
  app.setSchemaErrorFormatter(() => new Error('the host formats'))
  await app.register(apiTokens, {
    store: memoryTokenStore(),
    keys: [hs256Key()],
    authenticateUser: () => ({ id: 'ada' }),
  })
  const post = (payload: object) => app.inject({ method: 'POST', url: '/tokens', payload })
  for (const [payload, named] of [
    [{ name: 1 }, 'body/name must be string or null'],
    [{ name: true }, 'body/name must be string or null'],
    [{ owner: 'eve' }, 'body/owner is not a known field'],
    [{ scopes: 'x' }, 'body/scopes must be array'],
    [{ expires_in: '60' }, 'body/expires_in must be integer'],
  ] as const) {
    const response = await post(payload)
    t.equal(response.statusCode, 400)
    t.match(response.json().message, named)
  }
  t.equal((await app.apiTokens.list({ userId: 'ada' })).total, 0)
  const { id, name } = (await post({ name: 'ci' })).json()
  t.equal(name, 'ci', 'and serialized by the plugin’s own')
  t.equal((await app.inject('/tokens?limit=5')).json().data[0].id, id)
})

t.test("a host's own error handler keeps the challenge", async (t) => {
  for (const [form, handle] of Object.entries({
    'that sends': (app: FastifyInstance) =>
      app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
        reply.code(error.statusCode ?? 500).send({ problem: error.message })
      }),
    'that returns': (app: FastifyInstance) =>
      app.setErrorHandler(async (error: Error & { statusCode?: number }, _request, reply) => {
        reply.code(error.statusCode ?? 500)
        return { problem: error.message }
      }),
    'that throws again': (app: FastifyInstance) =>
      app.setErrorHandler(async (error) => {
        throw error
      }),
  })) {
    for (const when of ['before', 'after'] as const) {
      const app = Fastify()
      t.teardown(() => app.close())
      if (when === 'before') handle(app)
      await app.register(apiTokens, { store: memoryTokenStore(), keys: [hs256Key()], routes: false })
      if (when === 'after') handle(app)
      app.get('/early', { onRequest: app.verifyApiToken }, async () => ({}))
      app.get('/late', { preHandler: app.verifyApiToken }, async () => ({}))
      app.get('/inside', async (request, reply) => {
        await app.verifyApiToken(request, reply)
        return {}
      })
      for (const url of ['/early', '/late', '/inside']) {
        const response = await app.inject(withToken('forged', url))
        t.equal(response.statusCode, 401)
        t.equal(
          response.headers['www-authenticate'],
          'Bearer realm="fastify-api-tokens", error="invalid_token"',
          `a handler ${form}, set ${when}, ${url}`,
        )
      }
    }
  }
})
