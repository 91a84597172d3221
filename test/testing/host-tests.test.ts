/** The helpers for tests of hosts: headers with a real credential, and the plugin without a store and keys. */

import { readdir } from 'node:fs/promises'
import Fastify, { type FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import t, { type Test } from 'tap'
import apiTokens, { requireScopes, verifyApiToken } from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { actingAs, apiTokensForTests, manualClock } from '../../src/testing/index.ts'

/** The two ways in which a host's routes are tested. */
const PLUGINS = {
  'the plugin': (app: FastifyInstance) =>
    app.register(apiTokens, { store: memoryTokenStore(), routes: false }),
  apiTokensForTests: (app: FastifyInstance) => app.register(apiTokensForTests),
}

for (const [name, register] of Object.entries(PLUGINS)) {
  t.test(`actingAs gives headers that carry a token of the user, with ${name}`, async (t) => {
    const app = hostOf(t)
    register(app)
    addNotes(app)
    const headers = await actingAs(app, { userId: 'ada', scopes: ['notes:read'] })
    t.same(Object.keys(headers), ['authorization'])
    t.same((await app.inject({ url: '/whoami', headers })).json(), { userId: 'ada', scopes: ['notes:read'] })
    t.equal((await app.inject({ url: '/notes', headers })).statusCode, 200)
  })

  t.test(`a missing scope, a missing and a revoked credential are refused, with ${name}`, async (t) => {
    const app = hostOf(t)
    register(app)
    addNotes(app)
    const headers = await actingAs(app, { userId: 'ada', scopes: ['notes:read'] })
    const refused = await app.inject({ method: 'POST', url: '/notes', headers })
    t.match(refused.json(), { statusCode: 403, code: 'FST_API_TOKENS_INSUFFICIENT_SCOPE' })
    t.match(refused.headers['www-authenticate'], /error="insufficient_scope", scope="notes:write"/)
    t.match((await app.inject('/notes')).json(), { statusCode: 401, code: 'FST_API_TOKENS_MISSING' })
    const other = { authorization: 'Bearer something' }
    t.match((await app.inject({ url: '/notes', headers: other })).json(), { code: 'FST_API_TOKENS_INVALID' })
    await app.apiTokens.deactivateUser('ada')
    t.match((await app.inject({ url: '/notes', headers })).json(), { code: 'FST_API_TOKENS_INVALID' })
  })
}

t.test('actingAs passes every check of issue on', async (t) => {
  const app = hostOf(t)
  app.register(apiTokensForTests, {
    findUser: (id) => (id === 'ada' ? { active: true, scopes: ['notes:read'] } : null),
  })
  addNotes(app)
  await t.rejects(actingAs(app, { userId: 'eve' }), { code: 'FST_API_TOKENS_USER_INACTIVE' })
  const beyond = { userId: 'ada', scopes: ['notes:write'] }
  await t.rejects(actingAs(app, beyond), { code: 'FST_API_TOKENS_SCOPE_NOT_GRANTABLE' })
  await t.rejects(actingAs(app, { userId: 'ada', scopes: ['other'] }), { statusCode: 400, message: /other/ })
  const misspelled = { userId: 'ada', scope: ['notes:read'] }
  await t.rejects(actingAs(app, misspelled), { message: /scope is not a member.*did you mean scopes\?/ })
})

t.test(
  'actingAs refuses an application without the plugin, and arguments that it would ignore',
  async (t) => {
    const app = hostOf(t)
    await t.rejects(actingAs(app, { userId: 'ada' }), { code: 'FST_API_TOKENS_NOT_REGISTERED' })
    const call = actingAs as (...args: unknown[]) => Promise<unknown>
    await t.rejects(call(app, { userId: 'ada' }, ['notes:read']), { code: 'FST_API_TOKENS_INVALID_OPTION' })
  },
)

t.test(
  'apiTokensForTests leaves no file, and has management routes with authenticateUser only',
  async (t) => {
    const folder = t.testdir()
    const before = process.cwd()
    process.chdir(folder)
    t.teardown(() => process.chdir(before))
    const alone = hostOf(t)
    await alone.register(apiTokensForTests)
    t.equal((await alone.inject('/tokens')).statusCode, 404)
    const whole = hostOf(t)
    await whole.register(apiTokensForTests, { authenticateUser: () => ({ id: 'ada' }), tokenPrefix: 'test_' })
    const { authorization } = await actingAs(whole, { userId: 'ada' })
    t.match(authorization, /^Bearer test_/)
    t.equal((await whole.inject('/tokens')).json().total, 1)
    t.same(await readdir(folder), [])
  },
)

t.test('apiTokensForTests uses the clock of a test', async (t) => {
  const clock = manualClock()
  const app = hostOf(t)
  await app.register(apiTokensForTests, { clock })
  addNotes(app)
  const headers = await actingAs(app, { userId: 'ada', expiresIn: '1h' })
  clock.advance('1h')
  t.equal((await app.inject({ url: '/whoami', headers })).statusCode, 401)
})

t.test('apiTokensForTests satisfies plugins that depend on the plugin', async (t) => {
  const app = hostOf(t)
  app.register(apiTokensForTests)
  app.register(fp(async () => undefined, { dependencies: ['fastify-api-tokens'] }))
  await t.resolves(async () => app.ready())
})

for (const production of ['production', 'Production', ' production ']) {
  t.test(`apiTokensForTests fails the boot with NODE_ENV=${JSON.stringify(production)}`, async (t) => {
    const { NODE_ENV } = process.env
    t.teardown(() => {
      if (NODE_ENV === undefined) delete process.env['NODE_ENV']
      else process.env['NODE_ENV'] = NODE_ENV
    })
    process.env['NODE_ENV'] = production
    const app = hostOf(t)
    app.register(apiTokensForTests)
    await t.rejects(async () => app.ready(), {
      code: 'FST_API_TOKENS_INVALID_OPTION',
      message: /NODE_ENV is production/,
    })
  })
}

t.test('apiTokensForTests refuses options that would have no effect, by name', async (t) => {
  for (const options of [{ store: memoryTokenStore() }, { keys: [] }, { keyRefresh: '1s' }]) {
    const app = hostOf(t)
    app.register(apiTokensForTests, options as object)
    const [name] = Object.keys(options)
    await t.rejects(async () => app.ready(), {
      message: new RegExp(`apiTokensForTests does not take ${name}`),
    })
  }
  const app = hostOf(t)
  app.register(apiTokensForTests, { isuer: 'x' } as object)
  await t.rejects(async () => app.ready(), { message: /isuer is not an option/ })
})

function hostOf(t: Test): FastifyInstance {
  const app = Fastify()
  t.teardown(() => app.close())
  return app
}

function addNotes(app: FastifyInstance): void {
  app.get('/whoami', { onRequest: verifyApiToken }, async ({ apiToken }) => ({
    userId: apiToken?.userId,
    scopes: apiToken?.scopes,
  }))
  app.get('/notes', { onRequest: requireScopes('notes:read') }, async () => [])
  app.post('/notes', { onRequest: requireScopes('notes:write') }, async () => ({ written: true }))
}
