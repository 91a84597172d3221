/** The routes with which administrators manage tokens of all owners. */

import { join } from 'node:path'
import Fastify from 'fastify'
import t from 'tap'
import apiTokens from '../../src/index.ts'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { ADMIN, adminOption, asRoot, startAdminHost } from '../support/admin-host.ts'
import { as, issue, START, statusOf } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'

const ROOT = { kind: 'admin', id: 'root', ip: '127.0.0.1' }
const LIMITS = {
  metadata: { team: 'build', cost: { center: 7 } },
  allowed_ips: ['192.0.2.0/24', '127.0.0.1'],
  rate_limit: { max: 60, time_window: 60 },
}

t.test('a token is issued to any owner, with limits, and its credential works', async (t) => {
  const { app, call } = await startAdminHost(t)
  const events: unknown[] = []
  app.apiTokens.events.on('issued', ({ by }) => events.push({ ...by }))
  const { status, body } = await call('POST', '', {
    ...{
      user_id: 'service:ci',
      name: 'ci',
      description: 'builds',
      scopes: ['models:read'],
      expires_in: 3600,
    },
    ...LIMITS,
  })
  t.equal(status, 201)
  t.match(body, {
    ...{
      user_id: 'service:ci',
      name: 'ci',
      description: 'builds',
      scopes: ['models:read'],
      status: 'active',
    },
    ...{
      expires_at: '2026-01-01T01:00:00.000Z',
      created_by: { kind: 'admin', id: 'root' },
      token_type: 'Bearer',
    },
    ...{ ...LIMITS, allowed_ips: ['192.0.2.0/24', '127.0.0.1/32'] },
  })
  t.same(events, [ROOT])
  t.equal(await statusOf(app, body.token), 200)
  const { body: plain } = await call('POST', '', { user_id: 'ada' })
  t.match(plain, { metadata: null, allowed_ips: null, rate_limit: null, name: null, expires_at: null })
  t.notOk('token' in (await call('GET', `/${body.id}`)).body, 'the credential is shown once')
})

t.test(
  'promise 8: scopes are capped by the catalogue and by findUser, and the owner must be active',
  async (t) => {
    const { app, call } = await startAdminHost(t, {
      findUser: (id) => (id === 'gone' ? null : { active: id !== 'off', scopes: ['models:read'] }),
    })
    const issueTo = async (user_id: string, scopes: readonly string[] = []) => {
      const { status, body } = await call('POST', '', { user_id, scopes })
      return [status, body.code]
    }
    t.same(await issueTo('ada', ['models:read']), [201, undefined])
    t.same(await issueTo('ada', ['chat:write']), [403, 'FST_API_TOKENS_SCOPE_NOT_GRANTABLE'])
    t.same(await issueTo('ada', ['all']), [400, 'FST_ERR_VALIDATION'])
    t.same(await issueTo('off'), [403, 'FST_API_TOKENS_USER_INACTIVE'])
    t.same(await issueTo('gone'), [403, 'FST_API_TOKENS_USER_INACTIVE'])
    await app.apiTokens.deactivateUser('ada')
    t.same(await issueTo('ada'), [403, 'FST_API_TOKENS_USER_INACTIVE'])
  },
)

t.test('promise 14: a wrong member of a body is refused by the name that it has there', async (t) => {
  const { call } = await startAdminHost(t)
  const { body: token } = await call('POST', '', { user_id: 'ada' })
  for (const [payload, message] of [
    [{ allowed_ips: [] }, /^allowed_ips must be a list of 1 to 100/],
    [{ allowed_ips: ['x'] }, /^allowed_ips\[0\] must be an IP address/],
    [{ allowed_ips: '::1' }, /^body\/allowed_ips must be array or null$/],
    [{ rate_limit: { max: 0, time_window: 1 } }, /^rate_limit\.max must be/],
    [{ rate_limit: { max: 1, time_window: 0 } }, /^rate_limit\.time_window must be/],
    [{ rate_limit: { max: 1 } }, /time_window/],
    [{ rate_limit: { max: 1, timeWindow: 1, time_window: 1 } }, /timeWindow/],
    [{ metadata: [] }, /^body\/metadata must be object or null$/],
    [{ metadata: { a: 'x'.repeat(5_000) } }, /^metadata /],
    [{ name: '' }, /^name must not be blank$/],
  ] as const) {
    for (const [method, path] of [
      ['POST', ''],
      ['PATCH', `/${token.id}`],
    ] as const) {
      const sent = method === 'POST' ? { user_id: 'ada', ...payload } : payload
      const { status, body } = await call(method, path, sent)
      t.match(
        { status, ...body },
        { status: 400, code: 'FST_ERR_VALIDATION', message },
        `${method} ${message}`,
      )
    }
  }
  const { body } = await call('POST', '', { user_id: ' ' })
  t.equal(body.message, 'user_id must not be blank')
  const { body: expiry } = await call('POST', '', { user_id: 'ada', expires_in: 0 })
  t.match(expiry.message, /^body\/expires_in must be >= 1/)
})

t.test('a token is changed, also its limits; absent fields stay, null removes', async (t) => {
  const { app, call } = await startAdminHost(t)
  const events: unknown[] = []
  app.apiTokens.events.on('updated', ({ by }) => events.push({ ...by }))
  const { body } = await call('POST', '', { user_id: 'ada', name: 'ci', ...LIMITS })
  const change = async (payload: object) => (await call('PATCH', `/${body.id}`, payload)).body
  t.match(await change({ name: null, status: 'inactive' }), {
    ...{ name: null, status: 'inactive', status_reason: 'disabled', metadata: LIMITS.metadata },
  })
  t.match(await change({ metadata: { a: 1 } }), { metadata: { a: 1 }, rate_limit: LIMITS.rate_limit })
  t.match(await change({ allowed_ips: null, rate_limit: null, metadata: null, status: 'active' }), {
    ...{ allowed_ips: null, rate_limit: null, metadata: null, status: 'active' },
  })
  t.match(await change({}), { id: body.id }, 'an empty body changes nothing')
  t.same(events, [ROOT, ROOT, ROOT])
  await app.apiTokens.revoke(body.id)
  t.match(await change({ name: 'x' }), { code: 'FST_API_TOKENS_CONFLICT' })
})

t.test('the routes of owners neither show nor set the limits', async (t) => {
  const { app, call } = await startAdminHost(t)
  const { body } = await call('POST', '', { user_id: 'ada', ...LIMITS })
  const own = (await app.inject(as('ada', { url: `/tokens/${body.id}` }))).json()
  for (const name of ['metadata', 'allowed_ips', 'rate_limit']) {
    t.notOk(name in own, name)
    for (const request of [
      { method: 'POST', url: '/tokens' },
      { method: 'PATCH', url: `/tokens/${body.id}` },
    ] as const) {
      const response = await app.inject(as('ada', { ...request, payload: { [name]: null } }))
      t.equal(response.json().message, `body/${name} is not a known field`)
    }
  }
})

t.test('a token is read and revoked, with its usage; an unknown id is 404', async (t) => {
  const { app, call } = await startAdminHost(t)
  const { id, token } = await issue(app, 'ada', { name: 'hers' })
  t.equal(await statusOf(app, token), 200)
  t.match((await call('GET', `/${id}`)).body, { id, name: 'hers', use_count: 1, metadata: null })
  t.match((await call('GET', `/${id}/usage?days=1`)).body, { data: [{ date: '2026-01-01', requests: 1 }] })
  const events: unknown[] = []
  app.apiTokens.events.on('revoked', ({ by, reason }) => events.push([{ ...by }, reason]))
  t.match(await call('DELETE', `/${id}?reason=leaked`), { status: 204, body: null })
  t.same(events, [[ROOT, 'leaked']])
  t.equal(await statusOf(app, token), 401)
  t.equal((await call('DELETE', `/${id}`)).status, 204, 'again')
  t.match((await call('GET', `/${id}`)).body, { status: 'revoked', status_reason: 'leaked' })
  for (const unknown of [
    '019b76da-a800-7fdc-bfcb-a521939f475d',
    'x',
    '%00',
    'a%2Fb',
    '%F0%9F%98%80',
    '__proto__',
  ]) {
    for (const [method, path] of [
      ['GET', `/${unknown}`],
      ['GET', `/${unknown}/usage`],
      ['PATCH', `/${unknown}`],
      ['DELETE', `/${unknown}`],
    ] as const)
      t.match((await call(method, path)).body, { code: 'FST_API_TOKENS_NOT_FOUND' }, `${method} ${path}`)
  }
})

t.test('many tokens are revoked by id: those that ended are counted and unknown ids are named', async (t) => {
  const { app, call } = await startAdminHost(t)
  const tokens = [await issue(app, 'ada'), await issue(app, 'bob'), await issue(app, 'eve')] as const
  const events: unknown[] = []
  app.apiTokens.events.on('revoked', ({ by, reason, token }) => events.push([by.id, reason, token.id]))
  for (const { token } of tokens) t.equal(await statusOf(app, token), 200)
  await app.apiTokens.revoke(tokens[2].id)
  events.splice(0)
  const unknown = ['019b76da-a800-7fdc-bfcb-a521939f475d']
  const { status, body } = await call('POST', '/revoke', {
    ids: [...tokens.map(({ id }) => id), tokens[0].id, ...unknown],
    reason: 'leaked',
  })
  t.same([status, body], [200, { revoked: 2, unknown_ids: unknown, unknown_credentials: [] }])
  t.same(
    events,
    [tokens[0], tokens[1]].map(({ id }) => ['root', 'leaked', id]),
    'one event for each token',
  )
  for (const { token } of tokens) t.equal(await statusOf(app, token), 401)
  const tooMany = await call('POST', '/revoke', { ids: Array(501).fill('x') })
  t.match(tooMany.body, { message: /^body\/ids must not have more than 500 items$/ })
})

t.test('many tokens are revoked by credential: a response repeats none', async (t) => {
  for (const form of [{}, { credentials: 'compact', tokenPrefix: 'acme_' }] as const) {
    const { app, call } = await startAdminHost(t, form)
    const [first, second] = [await issue(app, 'ada'), await issue(app, 'bob')]
    await app.apiTokens.deactivateUser('bob')
    const credentials = [first.token, 'x', second.token, `${first.token}x`, first.token]
    const { status, body } = await call('POST', '/revoke', { credentials })
    t.same([status, body], [200, { revoked: 2, unknown_ids: [], unknown_credentials: [1, 3] }])
    t.equal(await statusOf(app, first.token), 401)
    const again = await call('POST', '/revoke', { credentials: [first.token] })
    t.same(again.body, { revoked: 0, unknown_ids: [], unknown_credentials: [] })
    const long = await call('POST', '/revoke', { credentials: Array(100).fill('x'.repeat(4_000)) })
    t.equal(long.status, 200, 'a body with 100 credentials of 4 kB is accepted')
    t.equal((await call('POST', '/revoke', { credentials: Array(101).fill('x') })).status, 400)
  }
})

t.test('promise 2: a credential whose row was changed revokes nothing', async (t) => {
  const store = memoryTokenStore()
  const { app, call } = await startAdminHost(t, { store })
  const { token } = await issue(app, 'ada')
  const findTokens = store.findTokens.bind(store)
  Object.assign(store, {
    findTokens: async (ids: readonly string[]) => {
      const found = [...(await findTokens(ids))]
      return new Map(found.map(([id, owned]) => [id, { ...owned, token: { ...owned.token, userId: 'eve' } }]))
    },
  })
  const { body } = await call('POST', '/revoke', { credentials: [token] })
  t.same(body, { revoked: 0, unknown_ids: [], unknown_credentials: [0] })
})

t.test('the revocation of an unused successor keeps its predecessor', async (t) => {
  const { app, call } = await startAdminHost(t)
  const old = await issue(app, 'ada')
  const { token } = await app.apiTokens.rotate(old.id)
  await call('POST', '/revoke', { ids: [token.id] })
  t.match((await call('GET', `/${old.id}`)).body, { status: 'active', expires_at: null })
})

t.test('promise 9: all tokens of an owner are revoked, who stays active', async (t) => {
  const { app, call } = await startAdminHost(t)
  const { token, id } = await issue(app, 'ada')
  t.same((await call('POST', '/revoke', { user_id: 'ada', reason: 'leaked' })).body, {
    ...{ revoked: 1, unknown_ids: [], unknown_credentials: [] },
  })
  t.equal(await statusOf(app, token), 401)
  t.match((await call('GET', `/${id}`)).body, { status: 'revoked', status_reason: 'leaked' })
  t.equal(await statusOf(app, (await issue(app, 'ada')).token), 200)
})

t.test('a revocation names exactly one of user_id, ids and credentials', async (t) => {
  const { call } = await startAdminHost(t)
  const message = 'body must have exactly one of user_id, ids, credentials'
  for (const payload of [
    {},
    { reason: 'leaked' },
    { user_id: 'ada', ids: ['x'] },
    { ids: ['x'], credentials: ['x'] },
    { user_id: 'ada', ids: ['x'], credentials: ['x'] },
  ]) {
    const { status, body } = await call('POST', '/revoke', payload)
    t.match({ status, ...body }, { status: 400, message })
  }
  t.match((await call('POST', '/revoke', { user_id: '' })).body, { message: 'user_id must not be blank' })
})

for (const [name, open] of Object.entries({
  memory: () => memoryTokenStore(),
  SQLite: (dir: string) => sqliteTokenStore({ filename: join(dir, 'tokens.db') }),
})) {
  t.test(`${name}: a search by query, page by page`, async (t) => {
    const { app, call, clock } = await startAdminHost(t, { store: open(t.testdir()) })
    for (const [n, user_id] of ['ada', 'bob', 'ada'].entries()) {
      await call('POST', '', { user_id, name: `token ${n}`, scopes: n === 1 ? ['models:read'] : [] })
      clock.advance('1d')
    }
    await app.apiTokens.issue({
      userId: 'org:1',
      name: 'deploy',
      expiresIn: '3d',
      by: { kind: 'user', id: 'ada' },
    })
    const names = async (query: string) => {
      const { body } = await call('GET', `?${query}`)
      return body.data?.map((token: { name: string }) => token.name).join() ?? body.message
    }
    t.equal(await names(''), 'deploy,token 2,token 1,token 0')
    t.equal(await names('user_id=ada'), 'token 2,token 0')
    t.equal(await names('created_by=ada'), 'deploy')
    t.equal(await names('created_by=root&sort=created_at'), 'token 0,token 1,token 2')
    t.equal(await names('name=token'), 'token 0,token 1,token 2')
    t.equal(await names('scope=models:read'), 'token 1')
    t.equal(await names('expires_before=2026-02-01'), 'deploy')
    t.equal(await names('created_before=2026-01-02T00:00:00Z'), 'token 0')
    t.equal(await names('created_before=2026-01-02T00:00:00.001Z'), 'token 1,token 0')
    t.equal(await names('unused_since=2026-01-03'), 'token 0,token 1')
    t.equal(await names('status=active&status=expired&user_id=bob'), 'token 1')
    t.equal(await names('status=revoked'), '')
    t.equal(await names('sort=expires_at'), 'deploy,token 0,token 1,token 2')
    t.equal(await names('name=token&sort=created_at'), 'sort must be left out with a filter by name')
    t.equal(await names('sort=name'), 'querystring/sort must be one of created_at, -created_at, expires_at')
    for (const time of [
      '2026',
      '2026-02-30',
      '2026-01-01T24:00:00Z',
      '1',
      '2026-01-01T00:00:00+01:00',
      '1969-12-31',
    ])
      t.match(await names(`unused_since=${encodeURIComponent(time)}`), /^unused_since must be a /, time)
    const { body: first } = await call('GET', '?limit=3')
    const cursor = encodeURIComponent(first.next_cursor)
    t.equal(await names(`cursor=${cursor}`), 'token 0')
    t.equal(await names(`cursor=${cursor}&user_id=ada`), 'cursor belongs to another list')
    t.equal((await call('GET', `?cursor=${cursor}`)).body.next_cursor, null)
  })
}

t.test('a token whose credential could not be sent is revoked', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  let fails = true
  app.addHook('onSend', async ({ method }) => {
    if (fails && method === 'POST') throw new Error('the hook of the host failed')
  })
  await app.register(apiTokens, {
    store: memoryTokenStore(),
    keys: [hs256Key()],
    routes: false,
    admin: adminOption,
  })
  const request = asRoot({ method: 'POST', url: ADMIN, payload: { user_id: 'ada' } })
  t.equal((await app.inject(request)).statusCode, 500)
  fails = false
  const { data } = await app.apiTokens.search()
  t.match(data, [{ status: 'revoked', statusReason: 'not_delivered' }])
})

t.test('preSerialization hooks and serializers of the host see no response', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  let seen = 0
  app.addHook('preSerialization', async (_request, _reply, payload) => {
    seen += 1
    return payload
  })
  app.setReplySerializer(() => {
    seen += 1
    return '{}'
  })
  await app.register(apiTokens, {
    store: memoryTokenStore(),
    keys: [hs256Key()],
    routes: false,
    admin: adminOption,
  })
  const { body } = await app.inject(asRoot({ method: 'POST', url: ADMIN, payload: { user_id: 'ada' } }))
  t.match(JSON.parse(body), { user_id: 'ada', token: /^ey/ })
  await app.inject(asRoot({ url: ADMIN }))
  t.equal(seen, 0)
})

t.test(
  'a failed revocation of many drops their cached verifications: it may have been committed',
  async (t) => {
    const store = memoryTokenStore()
    const { administration } = store
    if (administration === undefined) throw new Error('the store has no administration')
    const revokeTokens: typeof administration.revokeTokens = async (ids, scope) => {
      await administration.revokeTokens(ids, scope)
      throw new Error('the connection was lost after the commit')
    }
    Object.assign(store, { administration: { ...administration, revokeTokens } })
    const { app, call } = await startAdminHost(t, { store })
    const { id, token } = await issue(app, 'ada')
    t.equal(await statusOf(app, token), 200)
    t.equal((await call('POST', '/revoke', { ids: [id] })).status, 503)
    t.equal(await statusOf(app, token), 401)
  },
)

t.test('the scope catalogue and the lifetimes are listed for a form', async (t) => {
  const { call } = await startAdminHost(t, {
    scopes: { 'a:b': 'An a' },
    expiry: { max: '30d', default: '7d' },
  })
  const { status, body } = await call('GET', '/scopes')
  t.equal(status, 200)
  t.same(body, {
    data: [
      { name: 'a:b', description: 'An a' },
      { name: 'chat:write', description: null },
      { name: 'models:read', description: null },
    ],
    expires_in: { default: 604_800, minimum: 1, maximum: 2_592_000 },
  })
})

t.test('times are in UTC with milliseconds', async (t) => {
  const { call } = await startAdminHost(t)
  const { body } = await call('POST', '', { user_id: 'ada' })
  t.equal(body.created_at, new Date(START).toISOString())
})
