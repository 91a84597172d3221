/** The page on which users decide about devices (RFC 8628 §3.3): what it shows, and what it refuses. */

import { createHash } from 'node:crypto'
import t from 'tap'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { issue, startHost } from '../support/host.ts'
import { approve, CLI, enter, ISSUER, poll, rejectionOf, start, startDeviceHost } from './device-host.ts'

t.test('RFC 8628 §3.3.1: a link fills the code in, and approves nothing', async (t) => {
  const { app } = await startDeviceHost(t)
  const codes = await start(app)
  const url = new URL(codes.verification_uri_complete)
  for (const query of ['', '&decision=approve', '&decision=approve&name=x']) {
    const page = await app.inject({ url: url.pathname + url.search + query, headers: { 'x-user': 'ada' } })
    t.equal(page.statusCode, 200)
    t.ok(page.body.includes(`value="${codes.user_code}"`))
    t.notMatch(page.body, /Bodhi on the command line/, 'the link alone shows nothing')
  }
  t.same(await rejectionOf(poll(app, codes)), [400, 'authorization_pending'])
})

t.test('RFC 8628 §3.3, §5.4: the page shows the client, the scopes, the code, and a warning', async (t) => {
  const { app } = await startDeviceHost(t, { scopes: { 'models:read': 'List the models' } })
  const codes = await start(app, { scope: 'models:read chat:write', name: 'Ada’s laptop' })
  const { body, statusCode } = await enter(app, 'ada', codes.user_code)
  t.equal(statusCode, 200)
  for (const part of [
    'Bodhi on the command line',
    'bodhi-cli',
    codes.user_code,
    'List the models',
    'chat:write',
  ])
    t.ok(body.includes(part), part)
  t.ok(body.includes('value="Ada’s laptop"'))
  t.match(body, /Continue only if you started this yourself/)
  t.same(await rejectionOf(poll(app, codes)), [400, 'authorization_pending'], 'to look is not to approve')
})

t.test('RFC 8628 §6.1: a code is read in any case, with or without separators', async (t) => {
  const { app } = await startDeviceHost(t)
  const { user_code: code } = await start(app)
  const letters = code.replace('-', '')
  for (const typed of [code, letters, code.toLowerCase(), ` ${[...letters].join(' ')} `, `${letters}.`])
    t.equal((await enter(app, 'ada', typed)).statusCode, 200, typed)
  for (const typed of ['', letters.slice(1), `${letters}B`, 'AEIOUAEI', '1234-5678', '<script>'])
    t.equal((await enter(app, 'ada', typed)).statusCode, 400, typed)
})

t.test('promise 8: scopes that the user may not grant are not granted', async (t) => {
  const { app } = await startDeviceHost(t)
  const codes = await start(app, { scope: 'models:read chat:write' })
  const may = { 'x-user-scopes': 'chat:write' }
  const page = await enter(app, 'ada', codes.user_code, {}, may)
  t.match(page.body, /scopes that you cannot grant. It will not get: models:read/)
  t.equal((await enter(app, 'ada', codes.user_code, { decision: 'approve' }, may)).statusCode, 200)
  t.equal((await poll(app, codes)).json().scope, 'chat:write')

  const nothing = await start(app)
  const refused = await enter(app, 'ada', nothing.user_code, { decision: 'approve' }, may)
  t.equal(refused.statusCode, 403)
  t.notMatch(refused.body, /value="approve"/, 'there is nothing to approve')
  t.same(await rejectionOf(poll(app, nothing)), [400, 'authorization_pending'])
})

t.test('promise 8: a device gets a token of the user, never of an organization', async (t) => {
  const { app } = await startDeviceHost(t, {
    ownerTypes: ['org'],
    authenticateUser: ({ headers }) => ({ id: String(headers['x-user']), owners: [{ id: 'org:acme' }] }),
  })
  const codes = await start(app)
  const refused = await enter(app, 'org:acme', codes.user_code, { decision: 'approve' })
  t.equal(refused.statusCode, 500, 'an organization is no user')
  t.same(await rejectionOf(poll(app, codes)), [400, 'authorization_pending'])
  t.equal(
    (await enter(app, 'ada', codes.user_code, { decision: 'approve', owner: 'org:acme' })).statusCode,
    200,
  )
  t.equal((await poll(app, codes)).statusCode, 200)
  t.equal((await app.apiTokens.list({ userId: 'org:acme' })).total, 0)
  t.equal((await app.apiTokens.list({ userId: 'ada' })).total, 1)
})

t.test('a signed-out user is asked to sign in, and decides nothing', async (t) => {
  const device = { signInUrl: '/sign-in?from=device&x=1' }
  const { app } = await startDeviceHost(t, { oauth: { clients: [CLI], device } })
  const codes = await start(app)
  const opened = await app.inject('/oauth2/device')
  for (const page of [opened, await enter(app, null, codes.user_code, { decision: 'approve' })]) {
    t.equal(page.statusCode, 401)
    t.match(page.body, /href="\/sign-in\?from=device&#38;x=1"/)
  }
  const { app: silent } = await startDeviceHost(t)
  t.notMatch((await silent.inject('/oauth2/device')).body, /href="\//)
  t.same(await rejectionOf(poll(app, codes)), [400, 'authorization_pending'])
})

t.test('promise 10: requests with an API token or from another site are refused', async (t) => {
  const { app } = await startDeviceHost(t, { trustedOrigins: ['https://admin.example.com'] })
  const codes = await start(app)
  const { token } = await issue(app, 'ada')
  const decision = { decision: 'approve' }
  for (const [headers, status] of [
    [{ authorization: `Bearer ${token}` }, 403],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'same-site' }, 403],
    [{ origin: 'https://evil.example' }, 403],
    [{ origin: 'null' }, 403],
  ] as const) {
    const page = await enter(app, 'ada', codes.user_code, decision, headers)
    t.equal(page.statusCode, status, JSON.stringify(headers))
    t.match(page.headers['content-type'], 'text/html')
  }
  t.same(await rejectionOf(poll(app, codes)), [400, 'authorization_pending'])
  const trusted = { origin: 'https://admin.example.com', 'sec-fetch-site': 'cross-site' }
  t.equal((await enter(app, 'ada', codes.user_code, decision, trusted)).statusCode, 200)
})

t.test('promise 9: a deactivated user approves nothing', async (t) => {
  const { app } = await startDeviceHost(t)
  const codes = await start(app)
  await app.apiTokens.deactivateUser('ada')
  const page = await enter(app, 'ada', codes.user_code, { decision: 'approve' })
  t.equal(page.statusCode, 403)
  t.match(page.body, /deactivated or removed/)
  t.same(await rejectionOf(poll(app, codes)), [400, 'authorization_pending'])

  const { app: other } = await startDeviceHost(t, { findUser: () => ({ active: false }) })
  const { user_code: code } = await start(other)
  t.equal((await enter(other, 'ada', code, { decision: 'approve' })).statusCode, 403)
})

t.test(
  'RFC 8628 §5.1: after ten wrong codes a user must wait, on every instance; other users need not',
  async (t) => {
    const store = memoryTokenStore()
    const one = await startDeviceHost(t, { store })
    const two = await startDeviceHost(t, { store })
    const codes = await start(one.app)
    for (let n = 0; n < 10; n += 1) {
      const { app } = n % 2 ? one : two
      t.equal((await enter(app, 'eve', 'BBBB-BBBB')).statusCode, 400)
    }
    for (const { app } of [one, two]) {
      const page = await enter(app, 'eve', codes.user_code, { decision: 'approve' })
      t.equal(page.statusCode, 429, 'also with the right one')
      t.equal(page.headers['retry-after'], '600')
    }
    t.equal((await enter(one.app, 'ada', codes.user_code)).statusCode, 200)
  },
)

t.test('right codes do not count toward the limit', async (t) => {
  const { app } = await startDeviceHost(t)
  for (let n = 0; n < 12; n += 1) await approve(app, 'ada', await start(app))
  t.equal((await enter(app, 'ada', (await start(app)).user_code)).statusCode, 200)
})

t.test('a decision cannot be changed by any user', async (t) => {
  const { app } = await startDeviceHost(t)
  const codes = await start(app)
  await approve(app, 'ada', codes)
  for (const decision of ['approve', 'deny']) {
    const page = await enter(app, 'eve', codes.user_code, { decision })
    t.equal(page.statusCode, 400)
    t.match(page.body, /already used/)
  }
  const { access_token: credential } = (await poll(app, codes)).json()
  t.equal((await app.apiTokens.verify(credential)).userId, 'ada')
})

t.test('promise 14: an invalid name is shown as an error, and nothing is decided', async (t) => {
  const { app } = await startDeviceHost(t)
  const codes = await start(app)
  for (const name of ['x'.repeat(101), ' ', 'a\u0007b']) {
    const page = await enter(app, 'ada', codes.user_code, { decision: 'approve', name })
    t.equal(page.statusCode, 400)
    t.match(page.body, /role="alert">The name must not/)
  }
  for (const body of ['user_code=%', 'user_code=a&user_code=b']) {
    const page = await app.inject({
      method: 'POST',
      url: '/oauth2/device',
      headers: { 'x-user': 'ada', 'content-type': 'application/x-www-form-urlencoded' },
      payload: body,
    })
    t.equal(page.statusCode, 400)
  }
  const json = { method: 'POST', url: '/oauth2/device', headers: { 'x-user': 'ada' }, payload: {} } as const
  t.equal((await app.inject(json)).statusCode, 415)
  t.equal((await app.inject({ ...json, payload: '' })).statusCode, 400)
  t.same(await rejectionOf(poll(app, codes)), [400, 'authorization_pending'])
})

t.test('hostile names are shown as plain text', async (t) => {
  const hostile = '"><script>alert(1)</script>'
  const client = { ...CLI, client_name: hostile }
  const { app } = await startDeviceHost(t, {
    scopes: { 'models:read': hostile },
    oauth: { clients: [client], device: {} },
  })
  const { user_code: code } = await start(app, { name: hostile })
  const { body } = await enter(app, 'ada', code)
  t.notMatch(body, /<script/)
  t.ok(body.split('&#60;script&#62;').length > 3)
  const echoed = await app.inject({
    url: `/oauth2/device?user_code=${encodeURIComponent(hostile)}`,
    headers: { 'x-user': 'ada' },
  })
  t.notMatch(echoed.body, /<script/)
})

t.test('the policy allows only its one style, and the page cannot be framed or cached', async (t) => {
  const { app } = await startDeviceHost(t)
  const { user_code: code } = await start(app)
  for (const page of [
    await app.inject({ url: '/oauth2/device', headers: { 'x-user': 'ada' } }),
    await enter(app, 'ada', code),
    await enter(app, null, code),
    await enter(app, 'ada', 'BBBB-BBBB'),
  ]) {
    const style = /<style>([\s\S]*)<\/style>/.exec(page.body)?.[1] ?? ''
    const hash = createHash('sha256').update(style).digest('base64')
    t.match(page.headers, {
      'cache-control': 'no-store',
      'x-frame-options': 'DENY',
      'content-security-policy': `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
    })
    t.notMatch(page.body, /<script|style="|onclick/)
  }
})

t.test('a hook of the whole application skips the page, which has its own checks', async (t) => {
  const { app } = await startHost(t, { issuer: ISSUER, oauth: { clients: [CLI], device: {} } }, (app) => {
    app.addHook('onRequest', app.verifyApiToken)
  })
  const codes = await start(app)
  await approve(app, 'ada', codes)
  t.equal((await poll(app, codes)).statusCode, 200)
})
