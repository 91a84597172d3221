/** Only the user that `authenticateUser` returns can manage tokens. */

import Fastify, { type InjectOptions } from 'fastify'
import t from 'tap'
import apiTokens, { type ExpiryOptions } from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { as, startHost } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'

const routes: InjectOptions[] = [
  { method: 'POST', url: '/tokens' },
  { method: 'GET', url: '/tokens' },
  { method: 'GET', url: '/tokens/scopes' },
  { method: 'GET', url: '/tokens/019b76da-a800-7fdc-bfcb-a521939f475d' },
  { method: 'PATCH', url: '/tokens/019b76da-a800-7fdc-bfcb-a521939f475d' },
  { method: 'DELETE', url: '/tokens/019b76da-a800-7fdc-bfcb-a521939f475d' },
]

t.test(
  'without a signed-in user every management route is 401, and no challenge asks for a token',
  async (t) => {
    for (const nobody of [() => null, () => undefined, async () => null, async () => undefined]) {
      const { app } = await startHost(t, { authenticateUser: nobody })
      for (const route of routes) {
        const response = await app.inject(route)
        t.equal(response.statusCode, 401, `${route.method} ${route.url}`)
        t.equal(response.json().code, 'FST_API_TOKENS_USER_REQUIRED')
        t.equal(response.headers['www-authenticate'], undefined)
        t.equal(response.headers['cache-control'], 'no-store')
      }
    }
  },
)

t.test('authenticateUser may be async', async (t) => {
  const { app } = await startHost(t, {
    authenticateUser: async () => {
      await new Promise(setImmediate)
      return { id: 'ada' }
    },
  })
  t.equal((await app.inject({ method: 'POST', url: '/tokens' })).json().user_id, 'ada')
})

t.test(
  'a user with other members of a host’s class is accepted, and these members are ignored',
  async (t) => {
    class User {
      readonly id = 'ada'
      readonly admin = true
      get scopes() {
        return ['models:read']
      }
    }
    const { app } = await startHost(t, { authenticateUser: () => new User() })
    const { data } = (await app.inject('/tokens/scopes')).json()
    t.same(data, [{ name: 'models:read', description: null }])
  },
)

t.test('an error of authenticateUser is passed on', async (t) => {
  const moved = Object.assign(new Error('sign in there'), { statusCode: 418, code: 'TEAPOT' })
  for (const authenticateUser of [
    () => {
      throw moved
    },
    async () => {
      throw moved
    },
  ]) {
    const { app } = await startHost(t, { authenticateUser })
    for (const route of routes) {
      const response = await app.inject(route)
      t.equal(response.statusCode, 418)
      t.match(response.json(), { code: 'TEAPOT', message: 'sign in there' })
      t.equal(response.headers['cache-control'], 'no-store')
    }
  }
})

t.test('an invalid result is the host’s mistake: 500, and nothing is done', async (t) => {
  const wrong: unknown[] = [
    'ada',
    1,
    true,
    false,
    '',
    [],
    {},
    { id: 1 },
    { id: null },
    { id: '' },
    { id: '  ' },
    { id: 'a\0' },
    { id: '\ud800' },
    { id: 'x'.repeat(256) },
    { id: ['ada'] },
    { userId: 'ada' },
    { id: 'ada', scopes: null },
    { id: 'ada', scopes: 'models:read' },
    { id: 'ada', scopes: [1] },
    { id: 'ada', scopes: new Set(['models:read']) },
  ]
  for (const answer of wrong) {
    const { app } = await startHost(t, { authenticateUser: () => answer as { id: string } })
    const response = await app.inject({ method: 'POST', url: '/tokens' })
    t.equal(response.statusCode, 500, JSON.stringify(answer))
    t.match(response.json().message, /authenticateUser/)
    t.equal(response.headers['cache-control'], 'no-store')
  }
})

t.test('scopes: undefined means the whole catalogue, an empty list means no scopes', async (t) => {
  for (const [scopes, status] of [
    [undefined, 201],
    [[], 403],
  ] as const) {
    const { app } = await startHost(t, { authenticateUser: () => ({ id: 'ada', scopes }) })
    const payload = { scopes: ['models:read'] }
    t.equal((await app.inject({ method: 'POST', url: '/tokens', payload })).statusCode, status)
  }
})

t.test('a session that a host restores in preValidation is available', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const sessions = new WeakMap<object, string>()
  app.addHook('preValidation', async ({ raw, headers }) => {
    if (headers.cookie === 'session=ada') sessions.set(raw, 'ada')
  })
  await app.register(apiTokens, {
    store: memoryTokenStore(),
    keys: [hs256Key()],
    authenticateUser: ({ raw }) => {
      const id = sessions.get(raw)
      return id === undefined ? null : { id }
    },
  })
  t.equal((await app.inject('/tokens')).statusCode, 401)
  t.equal((await app.inject({ url: '/tokens', headers: { cookie: 'session=ada' } })).statusCode, 200)
})

t.test('the catalogue has only the scopes that the user may grant', async (t) => {
  const { app } = await startHost(t, {
    scopes: { 'models:read': 'List models', 'z:last': 'The last', audit: '' },
  })
  const scopesOf = async (headers: Record<string, string>) =>
    (await app.inject({ url: '/tokens/scopes', headers })).json().data
  t.strictSame(await scopesOf({ 'x-user': 'ada' }), [
    { name: 'audit', description: '' },
    { name: 'chat:write', description: null },
    { name: 'models:read', description: 'List models' },
    { name: 'z:last', description: 'The last' },
  ])
  t.strictSame(await scopesOf({ 'x-user': 'ada', 'x-user-scopes': 'z:last models:read unknown' }), [
    { name: 'models:read', description: 'List models' },
    { name: 'z:last', description: 'The last' },
  ])
})

t.test('the catalogue has the limits of lifetimes', async (t) => {
  const limits: [ExpiryOptions, object][] = [
    [{}, { default: null, minimum: 1, maximum: null }],
    [
      { default: '30d', min: '1h' },
      { default: 2_592_000, minimum: 3_600, maximum: null },
    ],
    [{ max: '7d' }, { default: 604_800, minimum: 1, maximum: 604_800 }],
  ]
  for (const [expiry, expected] of limits) {
    const { app } = await startHost(t, { expiry })
    t.strictSame((await app.inject(as('ada', { url: '/tokens/scopes' }))).json().expires_in, expected)
  }
})
