/** `POST /tokens`: responses, granted scopes and limits. */

import t from 'tap'
import { as, issue, START, startHost, withToken } from '../support/host.ts'

const post = (payload: Record<string, unknown> = {}) =>
  as('ada', { method: 'POST', url: '/tokens', payload }) as ReturnType<typeof as> & { payload: object }

t.test('201 returns the token object with the credential and its type', async (t) => {
  const { app } = await startHost(t)
  const response = await app.inject(
    post({ name: 'ci', description: 'of the build', scopes: ['models:read'], expires_in: 3600 }),
  )
  t.equal(response.statusCode, 201)
  t.equal(response.headers['content-type'], 'application/json; charset=utf-8')
  const { token, id, ...rest } = response.json()
  t.match(token, /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/)
  t.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  t.strictSame(rest, {
    user_id: 'ada',
    name: 'ci',
    description: 'of the build',
    scopes: ['models:read'],
    status: 'active',
    status_reason: null,
    hint: token.slice(-4),
    created_at: '2026-01-01T00:00:00.000Z',
    created_by: { kind: 'user', id: 'ada' },
    updated_at: '2026-01-01T00:00:00.000Z',
    expires_at: '2026-01-01T01:00:00.000Z',
    last_used_at: null,
    idle_warning_at: '2026-01-26T00:00:00.000Z',
    idle_expires_at: '2026-01-31T00:00:00.000Z',
    use_count: 0,
    token_type: 'Bearer',
  })
})

t.test('promise 1: only this response contains the credential', async (t) => {
  const { app } = await startHost(t)
  const { id, token } = await issue(app, 'ada', { name: 'ci' })
  const bearer = { authorization: `Bearer ${token}` }
  const [, , signature = ''] = token.split('.')
  for (const request of [
    as('ada', { url: '/tokens' }),
    as('ada', { url: '/tokens/scopes' }),
    as('ada', { url: `/tokens/${id}` }),
    as('ada', { method: 'PATCH', url: `/tokens/${id}`, payload: { name: 'x' } }),
    as('ada', { url: `/tokens/${id}?x=1` }),
    as('ada', { url: '/tokens', headers: bearer }),
    { url: '/tokens/current', headers: bearer },
    { url: '/protected', headers: bearer },
    { url: '/models', headers: bearer },
    { url: '/protected', headers: { authorization: `Bearer ${token} ${token}` } },
    { url: '/protected', headers: { authorization: `Bearer ${token}x` } },
    { method: 'DELETE', url: '/tokens/current', headers: bearer },
    { url: '/protected', headers: bearer },
  ] as const) {
    const response = await app.inject(request)
    const answer = JSON.stringify(response.headers) + response.body
    t.notMatch(answer, signature, `${request.url} ${response.statusCode}`)
    t.notMatch(answer, token.slice(0, 40))
    t.notMatch(answer, '"token":')
  }
})

t.test('two tokens of the same millisecond differ in id and credential', async (t) => {
  const { app } = await startHost(t)
  const tokens = await Promise.all(Array.from({ length: 50 }, () => issue(app, 'ada', { name: 'same' })))
  t.equal(new Set(tokens.map(({ id }) => id)).size, 50)
  t.equal(new Set(tokens.map(({ token }) => token)).size, 50)
})

t.test('without scopes a token has no scopes; duplicates count once', async (t) => {
  const { app } = await startHost(t)
  t.same((await issue(app, 'ada')).scopes, [])
  t.same((await issue(app, 'ada', { scopes: [] })).scopes, [])
  const { scopes, token } = await issue(app, 'ada', { scopes: ['models:read', 'chat:write', 'models:read'] })
  t.same(scopes, ['models:read', 'chat:write'])
  t.same((await app.inject(withToken(token))).json().scopes, ['models:read', 'chat:write'])
})

t.test('promise 8: scopes beyond the user’s own are 403 and named, and no token is made', async (t) => {
  const { app } = await startHost(t)
  const grant = (own: string, scopes: string[]) =>
    app.inject({ ...post({ scopes }), headers: { 'x-user': 'ada', 'x-user-scopes': own } })
  const beyond = await grant('models:read', ['models:read', 'chat:write'])
  t.equal(beyond.statusCode, 403)
  t.match(beyond.json(), {
    code: 'FST_API_TOKENS_SCOPE_NOT_GRANTABLE',
    message: 'You cannot grant the scope chat:write',
  })
  t.equal((await grant('none', ['models:read'])).statusCode, 403)
  t.equal((await grant('root', ['root'])).statusCode, 400, 'what is in no catalogue can nobody grant')
  t.equal((await app.apiTokens.list({ userId: 'ada' })).total, 0)
  t.equal((await grant('models:read', ['models:read'])).statusCode, 201)
  t.equal((await grant('none', [])).statusCode, 201)
})

t.test('promise 8: scopes beyond those that findUser names are 403 as well', async (t) => {
  const { app } = await startHost(t, { findUser: () => ({ active: true, scopes: ['models:read'] }) })
  t.equal((await app.inject(post({ scopes: ['chat:write'] }))).statusCode, 403)
  t.equal((await app.inject(post({ scopes: ['models:read'] }))).statusCode, 201)
})

t.test('RFC 7519 §4.1.4: expires_in is in seconds, and the token ends at its time', async (t) => {
  const { app, clock } = await startHost(t)
  const { token, expires_at: expiresAt } = await issue(app, 'ada', { expires_in: 2 })
  t.equal(expiresAt, new Date(START + 2000).toISOString())
  clock.advance(1999)
  t.equal((await app.inject(withToken(token))).statusCode, 200)
  clock.advance(1)
  t.equal((await app.inject(withToken(token))).statusCode, 401)
  const longest = await issue(app, 'ada', { expires_in: 3_155_760_000 })
  t.equal(longest.expires_at, new Date(clock.now() + 3_155_760_000_000).toISOString())
  t.equal((await issue(app, 'ada')).expires_at, null)
})

t.test('with expiry.max every token expires at that age or earlier', async (t) => {
  const { app } = await startHost(t, { expiry: { max: '1h' } })
  t.equal((await issue(app, 'ada')).expires_at, '2026-01-01T01:00:00.000Z')
  t.equal((await issue(app, 'ada', { expires_in: 3600 })).expires_at, '2026-01-01T01:00:00.000Z')
  t.equal((await issue(app, 'ada', { expires_in: 60 })).expires_at, '2026-01-01T00:01:00.000Z')
  const response = await app.inject(post({ expires_in: 3601 }))
  t.equal(response.statusCode, 400)
  t.match(response.json().message, /body\/expires_in must be <= 3600/)
  await t.rejects(app.apiTokens.issue({ userId: 'ada', expiresIn: '61m' }), {
    statusCode: 400,
    message: /^expiresIn must be milliseconds from 1000 to 3600000,/,
  })
  const never = await app.inject(post({ expires_in: null }))
  t.equal(never.statusCode, 400)
  t.match(never.json().message, /body\/expires_in must be integer$/)
  await t.rejects(app.apiTokens.issue({ userId: 'ada', expiresIn: null }), {
    statusCode: 400,
    message: /^expiresIn must not be null: every token expires/,
  })
})

t.test('expiry.default applies without expires_in, null is never, expiry.min bounds it', async (t) => {
  const { app } = await startHost(t, { expiry: { default: '30d', min: '1m' } })
  const day = 86_400_000
  t.equal((await issue(app, 'ada')).expires_at, new Date(START + 30 * day).toISOString())
  t.equal((await issue(app, 'ada', { expires_in: null })).expires_at, null)
  t.equal((await issue(app, 'ada', { expires_in: 60 })).expires_at, new Date(START + 60_000).toISOString())
  t.equal((await app.apiTokens.issue({ userId: 'ada', expiresIn: null })).token.expiresAt, null)
  t.same(
    (await app.apiTokens.issue({ userId: 'ada', expiresIn: '90d' })).token.expiresAt,
    new Date(START + 90 * day),
  )
  t.same(
    (await app.apiTokens.issue({ userId: 'ada', expiresIn: 60_500 })).token.expiresAt,
    new Date(START + 60_500),
  )
  const response = await app.inject(post({ expires_in: 59 }))
  t.equal(response.statusCode, 400)
  t.match(response.json().message, /body\/expires_in must be >= 60/)
  await t.rejects(app.apiTokens.issue({ userId: 'ada', expiresIn: '59s' }), {
    statusCode: 400,
    message: /^expiresIn/,
  })
})

t.test('one token more than maxTokensPerUser is 409; ended tokens do not count', async (t) => {
  const { app, clock } = await startHost(t, { maxTokensPerUser: 2 })
  const first = await issue(app, 'ada')
  await issue(app, 'ada', { expires_in: 60 })
  const response = await app.inject(post())
  t.equal(response.statusCode, 409)
  t.match(response.json(), { code: 'FST_API_TOKENS_CONFLICT', message: /There are 2 API tokens already/ })
  t.equal((await app.apiTokens.list({ userId: 'ada' })).total, 2)
  await issue(app, 'bob')
  await app.apiTokens.update(first.id, { status: 'inactive' })
  t.equal((await app.inject(post())).statusCode, 409, 'a disabled token has not ended')
  await app.apiTokens.revoke(first.id)
  t.equal((await app.inject(post())).statusCode, 201)
  clock.advance('60s')
  t.equal((await app.inject(post())).statusCode, 201)
  t.equal((await app.inject(post())).statusCode, 409)
})

t.test('promise 15: a user whose stored ended tokens all ended today gets 409 for a day', async (t) => {
  const { app, clock } = await startHost(t, { maxTokensPerUser: 5 })
  const first = await issue(app, 'ada')
  await app.apiTokens.revoke(first.id)
  clock.advance('1h')
  for (let index = 1; index < 100; index += 1) await app.apiTokens.revoke((await issue(app, 'ada')).id)
  const response = await app.inject(post())
  t.equal(response.statusCode, 409)
  t.match(response.json(), {
    code: 'FST_API_TOKENS_CONFLICT',
    message: /100 or more API tokens have ended within 24 hours/,
  })
  t.equal((await app.inject(as('ada', { url: `/tokens/${first.id}` }))).statusCode, 200, 'the trace stays')
  await issue(app, 'bob')
  clock.advance('23h')
  t.equal((await app.inject(post())).statusCode, 409)
  clock.advance(1)
  const { token, id } = await issue(app, 'ada')
  t.equal((await app.inject(as('ada', { url: `/tokens/${first.id}` }))).statusCode, 404, 'the oldest went')
  const rotated = await app.inject(
    as('ada', { method: 'POST', url: `/tokens/${id}/rotate`, payload: { grace_period: 0 } }),
  )
  t.equal(rotated.statusCode, 201, 'a rotation ends a token after it was counted')
  t.equal(
    (await app.inject({ url: '/protected', headers: { authorization: `Bearer ${token}` } })).statusCode,
    401,
  )
  const next = `/tokens/${rotated.json().id}`
  await app.inject({ url: '/protected', headers: { authorization: `Bearer ${rotated.json().token}` } })
  const again = await app.inject(
    as('ada', { method: 'POST', url: `${next}/rotate`, payload: { grace_period: 0 } }),
  )
  t.equal(again.statusCode, 409, 'rotations are bounded as issues are')
  t.match(again.json().message, /have ended within 24 hours/)
  clock.advance('1h')
  t.equal((await app.inject(as('ada', { method: 'POST', url: `${next}/rotate` }))).statusCode, 201)
})

t.test('a deactivated or removed owner is 403 on every management route', async (t) => {
  const { app } = await startHost(t)
  const { id } = await issue(app, 'ada')
  for (const end of ['deactivateUser', 'removeUser'] as const) {
    await app.apiTokens[end]('ada')
    for (const request of [
      post(),
      { url: '/tokens' },
      { url: `/tokens/${id}` },
      { url: '/tokens/019b76da-a800-7fdc-bfcb-a521939f475d' },
      { method: 'PATCH', url: `/tokens/${id}`, payload: { name: 'x' } },
      { method: 'DELETE', url: `/tokens/${id}` },
    ] as const) {
      const response = await app.inject(as('ada', request))
      t.equal(response.statusCode, 403, `${end}: ${JSON.stringify(request)}`)
      t.equal(response.json().code, 'FST_API_TOKENS_USER_INACTIVE')
    }
    await app.apiTokens.reactivateUser('ada')
  }
  t.equal((await app.inject(post())).statusCode, 201)
})

t.test('scopes that make the credential longer than 4 kB are 400', async (t) => {
  const scopes = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`s${at}`.padEnd(100, 'x'), '']))
  const { app } = await startHost(t, { scopes })
  const response = await app.inject(post({ scopes: Object.keys(scopes) }))
  t.equal(response.statusCode, 400)
  t.match(response.json().message, /scopes make the credential too long/)
  t.equal((await app.apiTokens.list({ userId: 'ada' })).total, 0)
})
