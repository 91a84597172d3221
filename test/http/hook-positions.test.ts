/** Every hook of the package where it can refuse a request: by a route, by `addHook`, and behind a wrapper. */

import fastifyAuth from '@fastify/auth'
import t from 'tap'
import { requireScopes, verifyApiToken } from '../../src/index.ts'
import { HOOKS, newApp, put, register } from '../support/placed-hooks.ts'

const POSITIONS = ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const

for (const [name, hookOf] of Object.entries(HOOKS)) {
  for (const position of POSITIONS) {
    for (const where of name.startsWith('app.') ? (['route'] as const) : (['route', 'addHook'] as const)) {
      t.test(`promise 16: ${name} refuses at ${position}, by ${where}`, async (t) => {
        const { app, warnings } = newApp(t)
        await register(app)
        put(app, where, position, hookOf(app))
        await app.ready()
        const { credential, token } = await app.apiTokens.issue({
          userId: 'ada',
          ...(name.includes('read') ? { scopes: ['read'] } : {}),
        })
        const send = (authorization?: string) =>
          app.inject({
            method: 'POST',
            url: '/guarded',
            payload: { text: 'hello' },
            headers: authorization === undefined ? {} : { authorization },
          })
        t.equal((await send()).statusCode, 401)
        for (const state of ['cold', 'warm']) {
          const passed = await send(`Bearer ${credential}`)
          t.equal(passed.statusCode, 200, state)
          t.same(passed.json(), { body: { text: 'hello' } }, 'the body is parsed as ever')
          t.equal((await send(`Bearer ${credential}x`)).statusCode, 401, `forged, ${state}`)
        }
        await app.apiTokens.revoke(token.id)
        for (const state of ['cold', 'warm'])
          t.equal((await send(`Bearer ${credential}`)).statusCode, 401, `revoked, ${state}`)
        t.same(warnings(), [])
      })
    }
  }
}

t.test('hooks of the 404 handler refuse requests without a warning at boot', async (t) => {
  const { app, warnings } = newApp(t)
  app.setNotFoundHandler(
    { preHandler: verifyApiToken, preValidation: [requireScopes('read')] },
    async () => ({}),
  )
  await register(app)
  app.register(
    async (scope) => {
      scope.addHook('onRequest', scope.verifyApiToken)
      scope.setNotFoundHandler(async () => ({}))
    },
    { prefix: '/scope' },
  )
  await app.ready()
  for (const url of ['/nowhere', '/scope/nowhere']) t.equal((await app.inject(url)).statusCode, 401, url)
  const { credential } = await app.apiTokens.issue({ userId: 'ada', scopes: ['read'] })
  const headers = { authorization: `Bearer ${credential}` }
  for (const url of ['/nowhere', '/scope/nowhere'])
    t.equal((await app.inject({ url, headers })).statusCode, 200, url)
  t.same(warnings(), [])
})

t.test('if a wrapper hides the position, the boot warns and the hook still refuses', async (t) => {
  for (const position of POSITIONS.filter((one) => one !== 'preParsing')) {
    const { app, warnings } = newApp(t)
    await app.register(fastifyAuth)
    app.get('/early', { [position]: app.auth([requireScopes('early:read')]) }, async () => ({}))
    await register(app)
    app.addHook('onRequest', app.verifyApiToken)
    app.get('/late', { [position]: app.auth([verifyApiToken]) }, async () => ({}))
    await app.ready()
    t.match(
      warnings(),
      [{ msg: /app\.auth/, hooks: ["requireScopes('early:read')", 'verifyApiToken'] }],
      position,
    )
    const { credential } = await app.apiTokens.issue({ userId: 'ada', scopes: ['early:read'] })
    for (const url of ['/early', '/late']) {
      t.equal((await app.inject(url)).statusCode, 401)
      t.equal((await app.inject({ url, headers: { authorization: `Bearer ${credential}` } })).statusCode, 200)
    }
  }
})

t.test(
  'if a wrapper hides a position that cannot refuse, the request fails and the error names the hook',
  async (t) => {
    const { app, logged } = newApp(t)
    await register(app)
    const hidden =
      (hook: unknown) =>
      (...args: unknown[]) =>
        Reflect.apply(hook as () => unknown, undefined, args)
    for (const position of ['onSend', 'preSerialization'] as const)
      app.get(`/${position}`, { [position]: hidden(app.verifyApiToken) }, async () => ({ secret: true }))
    app.get('/onRequestAbort', { onRequestAbort: hidden(verifyApiToken) }, async () => ({}))
    await app.ready()
    const { credential } = await app.apiTokens.issue({ userId: 'ada' })
    for (const position of ['onSend', 'preSerialization']) {
      const response = await app.inject({
        url: `/${position}`,
        headers: { authorization: `Bearer ${credential}` },
      })
      t.equal(response.statusCode, 500, position)
      t.match(response.json(), {
        code: 'FST_API_TOKENS_MISPLACED_HOOK',
        message: /verifyApiToken cannot refuse/,
      })
      t.notMatch(response.body, 'secret')
    }
    t.ok(logged.length > 0)
  },
)

t.test('if a host hides the hooks of routes, the boot warns', async (t) => {
  // An option of the router that Fastify's types do not name.
  const routerOptions: object = { buildPrettyMeta: () => ({}) }
  const { app, warnings } = newApp(t, { routerOptions })
  app.get('/', { onRequest: verifyApiToken }, async () => ({}))
  await register(app)
  await app.ready()
  t.match(warnings(), [{ msg: /cannot be checked/ }])
})
