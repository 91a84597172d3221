/** `verifyApiTokenOr`: with a bearer credential only the token decides, without one the host's hook. */

import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import apiTokens, { type HostHook, verifyApiTokenOr } from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { withToken } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'
import { rawGet } from '../support/raw-http.ts'

class SignInRequired extends Error {
  readonly statusCode = 401
  readonly code = 'SIGN_IN_REQUIRED'
}

const hooks: Record<string, HostHook> = {
  'in the callback form': (request, _reply, done) =>
    done(request.headers.cookie === 'good' ? undefined : new SignInRequired()),
  'in the callback form, later': (request, _reply, done) =>
    setImmediate(() => done(request.headers.cookie === 'good' ? undefined : new SignInRequired())),
  'in the async form': async (request) => {
    if (request.headers.cookie !== 'good') throw new SignInRequired()
  },
  'in the async form with a value': async (request) => {
    await new Promise(setImmediate)
    if (request.headers.cookie !== 'good') throw new SignInRequired()
    return { signedIn: true }
  },
  'that throws at once': (request, _reply, done) => {
    if (request.headers.cookie !== 'good') throw new SignInRequired()
    done()
  },
  // biome-ignore-start lint/suspicious/noThenProperty: a thenable of a host's own promise library is the point
  'that returns a thenable which is no Promise': (request) => ({
    then: (resolve: () => void, reject: (error: Error) => void) =>
      request.headers.cookie === 'good' ? resolve() : reject(new SignInRequired()),
  }),
  // biome-ignore-end lint/suspicious/noThenProperty: see above
}

async function hostWith(t: Test, hook: HostHook): Promise<FastifyInstance> {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(apiTokens, { store: memoryTokenStore(), keys: [hs256Key()], routes: false })
  const either = verifyApiTokenOr(hook)
  app.get('/done', { preHandler: either }, async ({ apiToken }) => ({ by: apiToken?.userId ?? 'session' }))
  app.get('/awaited', async (request, reply) => {
    await either(request, reply)
    return { by: request.apiToken?.userId ?? 'session' }
  })
  await app.ready()
  return app
}

for (const [form, hook] of Object.entries(hooks)) {
  t.test(
    `promise 10: an invalid credential never falls back to a session: a host hook ${form}`,
    async (t) => {
      const app = await hostWith(t, hook)
      const { credential } = await app.apiTokens.issue({ userId: 'ada' })
      const { credential: revoked, token } = await app.apiTokens.issue({ userId: 'ada' })
      await app.apiTokens.revoke(token.id)
      for (const url of ['/done', '/awaited']) {
        const ask = (headers: Record<string, string>) => app.inject({ url, headers })
        t.match((await ask({ cookie: 'good' })).json(), { by: 'session' }, url)
        t.match((await ask({})).json(), { statusCode: 401, code: 'SIGN_IN_REQUIRED' })
        t.match((await ask({ cookie: 'good', authorization: 'Basic eDp5' })).json(), { by: 'session' })
        for (const state of ['cold', 'warm']) {
          t.match((await app.inject(withToken(credential, url))).json(), { by: 'ada' }, state)
        }
        const bad = ['forged', `${credential}x`, revoked]
        for (const credential of bad) {
          const response = await ask({ cookie: 'good', authorization: `Bearer ${credential}` })
          t.equal(response.statusCode, 401)
          t.equal(response.json().code, 'FST_API_TOKENS_INVALID')
          t.match(response.headers['www-authenticate'], 'error="invalid_token"')
        }
        for (const authorization of ['Bearer', 'bearer ', 'BEARER a b', 'Bearer\t']) {
          const response = await ask({ cookie: 'good', authorization })
          t.equal(response.statusCode, 400, authorization)
          t.equal(response.json().code, 'FST_API_TOKENS_MALFORMED')
        }
      }
    },
  )
}

t.test('promise 10: two Authorization lines never fall back to a session', async (t) => {
  const app = await hostWith(t, async () => undefined)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const answer = await rawGet(app, '/done', ['Authorization: Basic eDp5', 'Authorization: Bearer forged'])
  t.equal(answer.status, 400)
  t.equal((await rawGet(app, '/done', ['Authorization: Basic eDp5'])).status, 200)
})

t.test("a host hook is called as Fastify calls it: with the route's instance as `this`", async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(apiTokens, { store: memoryTokenStore(), keys: [hs256Key()], routes: false })
  let seen: unknown
  app.register(async (scope) => {
    scope.decorate('here', true)
    const hook = verifyApiTokenOr(async function (this: FastifyInstance) {
      seen = this.hasDecorator('here')
    })
    scope.get('/', { onRequest: hook }, async () => ({}))
  })
  t.equal((await app.inject('/')).statusCode, 200)
  t.equal(seen, true)
})

t.test('a host hook that replies itself ends the request', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(apiTokens, { store: memoryTokenStore(), keys: [hs256Key()], routes: false })
  let reached = false
  const toSignIn = verifyApiTokenOr(async (_request, reply) => reply.redirect('/sign-in'))
  app.get('/', { onRequest: toSignIn }, async () => {
    reached = true
  })
  t.equal((await app.inject('/')).statusCode, 302)
  t.equal(reached, false)
})

t.test('a host hook that rejects without an error lets nothing through', async (t) => {
  const app = await hostWith(t, () => Promise.reject())
  for (const url of ['/done', '/awaited']) t.equal((await app.inject(url)).statusCode, 500, url)
})

t.test('a host hook that calls done(null) lets the request pass', async (t) => {
  const app = await hostWith(t, (_request, _reply, done) => Reflect.apply(done, undefined, [null]))
  for (const url of ['/done', '/awaited']) t.match((await app.inject(url)).json(), { by: 'session' }, url)
})

t.test('with scopes a token needs all of them, a session none of them', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const session: HostHook = async ({ headers }) => {
    if (headers.cookie !== 'good') throw new SignInRequired()
  }
  // Before the plugin has loaded as well.
  app.get('/', { onRequest: verifyApiTokenOr(session, 'user:read', 'user:mail') }, async ({ apiToken }) => ({
    by: apiToken?.userId ?? 'session',
  }))
  await app.register(apiTokens, { store: memoryTokenStore(), keys: [hs256Key()], routes: false })
  await app.ready()
  const { credential } = await app.apiTokens.issue({ userId: 'ada', scopes: ['user:read', 'user:mail'] })
  const { credential: narrow } = await app.apiTokens.issue({ userId: 'ada', scopes: ['user:read'] })
  for (const state of ['cold', 'warm']) {
    t.match((await app.inject(withToken(credential, '/'))).json(), { by: 'ada' }, state)
    const headers = { cookie: 'good', authorization: `Bearer ${narrow}` }
    const refused = await app.inject({ url: '/', headers })
    t.equal(refused.statusCode, 403, 'a token that lacks a scope never falls back to a session')
    t.match(refused.headers['www-authenticate'], 'scope="user:read user:mail"')
  }
  t.match((await app.inject({ url: '/', headers: { cookie: 'good' } })).json(), { by: 'session' })
  t.match((await app.inject('/')).json(), { code: 'SIGN_IN_REQUIRED' })
  const forged = await app.inject(withToken('forged', '/'))
  t.match(forged.headers['www-authenticate'], 'error="invalid_token", scope="user:read user:mail"')
})

t.test('promise 16: without the plugin neither a token nor a session passes', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.get('/', { onRequest: verifyApiTokenOr(async () => undefined) }, async () => 'reached')
  for (const headers of [{}, { authorization: 'Bearer x' }])
    t.equal((await app.inject({ url: '/', headers })).json().code, 'FST_API_TOKENS_NOT_REGISTERED')
})

t.test("on the plugin's own routes the host's hook is not called", async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.addHook(
    'onRequest',
    verifyApiTokenOr(() => Promise.reject(new SignInRequired())),
  )
  await app.register(apiTokens, {
    ...{ store: memoryTokenStore(), keys: [hs256Key()], authenticateUser: () => ({ id: 'ada' }) },
  })
  app.get('/', async () => 'reached')
  t.equal((await app.inject('/tokens')).statusCode, 200)
  t.equal((await app.inject('/')).json().code, 'SIGN_IN_REQUIRED')
})
