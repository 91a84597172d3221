/** Introspection (RFC 7662), which does not count as a use of the token. */

import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import t, { type Test } from 'tap'
import type { ApiTokensOptions } from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { countingStore } from '../support/counting-store.ts'
import { as, type Host, issue, startHost, withToken } from '../support/host.ts'
import { pausedStore } from '../support/paused-store.ts'
import { BASIC, basic, clients, form, insecure, PUBLIC, SECRET, startOAuthHost } from './oauth-host.ts'

const ISSUER = 'https://app.example.com'

const start = (t: Test, { oauth: own, ...options }: ApiTokensOptions = {}) =>
  startHost(t, { issuer: ISSUER, oauth: { ...clients(BASIC, PUBLIC), ...own }, ...options })

const ask = ({ app }: Pick<Host, 'app'>, token: string) =>
  app.inject(form('/oauth2/introspect', { token }, basic(BASIC.client_id, SECRET)))

t.test('RFC 7662 §2.2: openid-client and oauth4webapi introspect an active token', async (t) => {
  const { app, issuer, server } = await startOAuthHost(t)
  const { id, token } = await issue(app, 'ada', { scopes: ['models:read'], expires_in: 3600 })
  const client = { client_id: BASIC.client_id }
  const auth = oauth.ClientSecretBasic(SECRET)
  const response = await oauth.introspectionRequest(server, client, auth, token, insecure)
  t.match(response.headers.get('cache-control'), 'no-store')
  const answer = await oauth.processIntrospectionResponse(server, client, response)
  const { iat, exp, ...rest } = answer
  t.strictSame(rest, {
    ...{ active: true, token_type: 'Bearer', iss: issuer, aud: issuer, sub: 'ada', jti: id },
    scope: 'models:read',
  })
  t.ok(exp !== undefined && iat !== undefined && [3600, 3601].includes(exp - iat), 'seconds')
  const config = await openid.discovery(
    new URL(issuer),
    BASIC.client_id,
    {},
    openid.ClientSecretBasic(SECRET),
    {
      ...{ algorithm: 'oauth2', execute: [openid.allowInsecureRequests] },
    },
  )
  t.match(await openid.tokenIntrospection(config, token), { active: true, sub: 'ada' })
})

t.test('RFC 7662 §2.2: the response for an inactive token has only the member active', async (t) => {
  const host = await start(t)
  const { app, clock } = host
  const revoked = await issue(app, 'ada')
  await app.apiTokens.revoke(revoked.id)
  const off = await issue(app, 'ada')
  await app.apiTokens.update(off.id, { status: 'inactive' })
  const expired = await issue(app, 'ada', { expires_in: 60 })
  const idle = await issue(app, 'ada')
  const deactivated = await issue(app, 'bob')
  await app.apiTokens.deactivateUser('bob')
  clock.advance('31d')
  for (const { token } of [revoked, off, expired, idle, deactivated]) {
    for (const _state of ['cold', 'warm']) {
      const answer = await ask(host, token)
      t.equal(answer.statusCode, 200)
      t.equal(answer.body, '{"active":false}')
    }
  }
  for (const token of ['x', 'x.y.z', 'x'.repeat(5_000), revoked.token.slice(0, -1)])
    t.equal((await ask(host, token)).body, '{"active":false}')
})

t.test('RFC 7662 §2.1: only an authenticated client may introspect', async (t) => {
  const { app } = await start(t)
  const { token } = await issue(app, 'ada')
  t.equal((await app.inject(form('/oauth2/introspect', { token }))).statusCode, 401)
  const open = await app.inject(form('/oauth2/introspect', { token, client_id: PUBLIC.client_id }))
  t.equal(open.statusCode, 403)
  t.match(open.json(), { error: 'unauthorized_client' })
})

t.test('RFC 7662 §2.1: token_type_hint is ignored; without token it is invalid_request', async (t) => {
  const { app } = await start(t)
  const { token } = await issue(app, 'ada')
  const known = basic(BASIC.client_id, SECRET)
  const hinted = form('/oauth2/introspect', { token, token_type_hint: 'refresh_token' }, known)
  t.equal((await app.inject(hinted)).json().active, true)
  const none = await app.inject(form('/oauth2/introspect', { token_type_hint: 'access_token' }, known))
  t.match(none.json(), { error: 'invalid_request' })
})

t.test('RFC 7662 §4: the scopes are those that the owner has now', async (t) => {
  let scopes = ['models:read', 'chat:write']
  const host = await start(t, { findUser: () => ({ active: true, scopes }) })
  const { token } = await issue(host.app, 'ada', { scopes: ['models:read', 'chat:write'] })
  t.equal((await ask(host, token)).json().scope, 'models:read chat:write')
  scopes = ['chat:write']
  host.app.apiTokens.invalidateUser('ada')
  t.equal((await ask(host, token)).json().scope, 'chat:write')
  scopes = []
  host.app.apiTokens.invalidateUser('ada')
  t.notOk('scope' in (await ask(host, token)).json())
})

t.test('promise 7: an introspection counts as a use only with introspectionCountsAsUse', async (t) => {
  for (const introspectionCountsAsUse of [false, true]) {
    const host = await start(t, { oauth: { introspectionCountsAsUse } })
    const { app, clock } = host
    const { id, token } = await issue(app, 'ada')
    clock.advance('20d')
    for (const _state of ['cold', 'warm']) t.equal((await ask(host, token)).json().active, true)
    await app.apiTokens.flush()
    const { useCount } = await app.apiTokens.get(id)
    t.equal(useCount, introspectionCountsAsUse ? 2 : 0)
    const { hits, misses } = app.apiTokens.stats().verification
    t.same([hits, misses], introspectionCountsAsUse ? [1, 1] : [0, 0])
    clock.advance('20d')
    t.equal((await ask(host, token)).json().active, introspectionCountsAsUse)
  }
})

t.test('promise 12: an inspected successor still ends its predecessor, at its own first use', async (t) => {
  const host = await start(t)
  const { app } = host
  const old = await issue(app, 'ada')
  const rotated = (await app.inject(as('ada', { method: 'POST', url: `/tokens/${old.id}/rotate` }))).json()
  for (const _state of ['cold', 'warm']) t.equal((await ask(host, rotated.token)).json().active, true)
  t.equal((await app.inject(withToken(old.token))).statusCode, 200, 'asking is no first use')
  t.equal((await app.inject(withToken(rotated.token))).statusCode, 200)
  t.equal((await app.inject(withToken(old.token))).statusCode, 401, 'the first use is')
})

t.test('promise 11: a warm introspection reads nothing, and neither does the request after it', async (t) => {
  const store = countingStore(memoryTokenStore())
  const host = await start(t, { store })
  const { token } = await issue(host.app, 'ada')
  const before = store.reads()
  for (const _time of [1, 2, 3]) t.equal((await ask(host, token)).json().active, true)
  t.equal((await host.app.inject(withToken(token))).statusCode, 200)
  t.equal(store.reads() - before, 1)
  t.equal((await ask(host, 'x.y.z')).json().active, false)
  t.equal(store.reads() - before, 1, 'promise 3: an invalid signature causes no read')
})

t.test('promise 4: a revocation takes effect on an introspection in flight', async (t) => {
  for (const when of ['before', 'after'] as const) {
    const store = pausedStore(memoryTokenStore())
    const host = await start(t, { store })
    const { id, token } = await issue(host.app, 'ada')
    const read = store.hold('findTokens', when)
    const asked = ask(host, token)
    await read.held
    await host.app.apiTokens.revoke(id)
    read.release()
    t.equal((await asked).json().active, false, when)
  }
})

t.test('an outage of the store is 503 with Retry-After, never {"active":false}', async (t) => {
  const store = countingStore(memoryTokenStore())
  const host = await start(t, { store })
  const { token } = await issue(host.app, 'ada')
  store.outage = new Error('gone')
  for (const url of ['/oauth2/introspect', '/oauth2/revoke']) {
    const answer = await host.app.inject(form(url, { token }, basic(BASIC.client_id, SECRET)))
    t.equal(answer.statusCode, 503, url)
    t.equal(answer.headers['retry-after'], '5')
    t.match(answer.json(), { error: 'temporarily_unavailable' })
    t.notMatch(answer.body, 'gone')
  }
})
