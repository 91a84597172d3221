/** `/tokens/current`: a token manages only itself. */

import t from 'tap'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { countingStore } from '../support/counting-store.ts'
import { as, issue, startHost, withToken } from '../support/host.ts'

t.test('GET returns the record of the calling token', async (t) => {
  const { app } = await startHost(t)
  const { id, token } = await issue(app, 'ada', { name: 'ci', scopes: ['models:read'] })
  const response = await app.inject(withToken(token, '/tokens/current'))
  t.equal(response.statusCode, 200)
  t.match(response.json(), { id, user_id: 'ada', name: 'ci', scopes: ['models:read'], status: 'active' })
  t.notOk('token' in response.json())
  t.equal(response.json().use_count, 1, 'asking is a use')
})

t.test('DELETE revokes the calling token and no other', async (t) => {
  const { app } = await startHost(t)
  const { id, token } = await issue(app, 'ada')
  const other = await issue(app, 'ada')
  const request = { ...withToken(token, '/tokens/current'), method: 'DELETE' as const }
  const response = await app.inject(request)
  t.equal(response.statusCode, 204)
  t.equal(response.body, '')
  t.equal((await app.inject(request)).statusCode, 401)
  t.equal((await app.inject(withToken(token))).statusCode, 401)
  t.equal((await app.apiTokens.get(id)).status, 'revoked')
  t.equal((await app.inject(withToken(other.token))).statusCode, 200)
})

const end = (token: string) => ({ ...withToken(token, '/tokens/current'), method: 'DELETE' as const })

t.test('DELETE ends a token that is disabled, idle, or of a deactivated owner', async (t) => {
  const known: { active: boolean } = { active: true }
  const { app, clock } = await startHost(t, { findUser: () => known })
  const disabled = await issue(app, 'ada')
  await app.apiTokens.update(disabled.id, { status: 'inactive' })
  const idle = await issue(app, 'ada')
  clock.advance('31d')
  const deactivated = await issue(app, 'bob')
  await app.apiTokens.deactivateUser('bob')
  const inactive = await issue(app, 'eve')
  known.active = false
  for (const [what, { id, token }] of Object.entries({ disabled, idle, deactivated, inactive })) {
    t.equal((await app.inject(withToken(token))).statusCode, 401, `${what}: refused`)
    t.equal((await app.inject(end(token))).statusCode, 204, what)
    t.equal((await app.apiTokens.get(id)).status, 'revoked', what)
    t.equal((await app.inject(end(token))).statusCode, 401, `${what}: has ended`)
  }
})

t.test('DELETE of a token that has ended is 401 with a challenge, and the reason is emitted', async (t) => {
  const { app, clock } = await startHost(t)
  const reasons: unknown[] = []
  app.apiTokens.events.on('rejected', ({ reason }) => reasons.push(reason))
  const expired = await issue(app, 'ada', { expires_in: 60 })
  const revoked = await issue(app, 'ada')
  await app.apiTokens.revoke(revoked.id)
  const removed = await issue(app, 'bob')
  await app.apiTokens.removeUser('bob')
  clock.advance('1m')
  for (const { token } of [expired, revoked, removed]) {
    const response = await app.inject(end(token))
    t.equal(response.statusCode, 401)
    t.match(response.headers['www-authenticate'], /error="invalid_token"/)
    t.equal(response.headers['cache-control'], 'no-store')
  }
  t.same(reasons, ['expired', 'revoked', 'revoked'])
  t.equal((await app.apiTokens.get(expired.id)).status, 'expired', 'and stays expired')
})

t.test('DELETE by an unused successor does not change its predecessor', async (t) => {
  const { app } = await startHost(t)
  const { id, token } = await issue(app, 'ada')
  const { credential } = await app.apiTokens.rotate(id)
  t.equal((await app.inject(end(credential))).statusCode, 204)
  t.equal((await app.inject(withToken(token))).statusCode, 200)
})

t.test('DELETE reads nothing for an invalid signature, a missing and a malformed credential', async (t) => {
  const store = countingStore(memoryTokenStore())
  const { app } = await startHost(t, { store })
  const { token } = await issue(app, 'ada')
  const reads = store.reads()
  const cases: [string, number][] = [
    [`${token.slice(0, -6)}AAAAAA`, 401],
    ['opaque', 401],
    ['', 400],
    ['a b', 400],
    [token + token.repeat(12), 401],
  ]
  for (const [credential, status] of cases) {
    t.equal((await app.inject(end(credential))).statusCode, status, credential.slice(0, 20))
  }
  t.equal((await app.inject({ method: 'DELETE', url: '/tokens/current' })).statusCode, 401)
  t.equal(store.reads(), reads)
  t.equal((await app.inject(withToken(token))).statusCode, 200)
})

t.test('a valid signature over other claims than those of the row revokes nothing', async (t) => {
  const { app } = await startHost(t)
  const other = await startHost(t)
  const { token } = await issue(other.app, 'ada')
  t.equal((await app.inject(end(token))).statusCode, 401, 'no such row')
})

t.test('a session is not accepted instead of a token', async (t) => {
  const { app } = await startHost(t)
  await issue(app, 'ada')
  for (const method of ['GET', 'DELETE'] as const) {
    const response = await app.inject(as('ada', { method, url: '/tokens/current' }))
    t.equal(response.statusCode, 401)
    t.equal(response.json().code, 'FST_API_TOKENS_MISSING')
    t.equal(response.headers['www-authenticate'], 'Bearer realm="fastify-api-tokens"')
    t.equal(response.headers['cache-control'], 'no-store')
  }
})

t.test('a token can revoke itself from any origin', async (t) => {
  const { app } = await startHost(t)
  const { token } = await issue(app, 'ada')
  const headers = {
    authorization: `Bearer ${token}`,
    'sec-fetch-site': 'cross-site',
    origin: 'https://evil.example',
  }
  t.equal((await app.inject({ method: 'DELETE', url: '/tokens/current', headers })).statusCode, 204)
})

t.test('there is no PATCH of the calling token', async (t) => {
  const { app } = await startHost(t)
  const { token } = await issue(app, 'ada', { name: 'old' })
  const request = {
    ...withToken(token, '/tokens/current'),
    method: 'PATCH' as const,
    payload: { name: 'new' },
  }
  t.equal((await app.inject(request)).statusCode, 403)
})
