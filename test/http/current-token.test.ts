/** `/tokens/current`: all that a token may manage is itself. */

import t from 'tap'
import { as, issue, startHost, withToken } from '../support/host.ts'

t.test('GET answers the record of the calling token', async (t) => {
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

t.test('a session is no token here', async (t) => {
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

t.test('a token is no browser: it ends itself whatever a site says of itself', async (t) => {
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
