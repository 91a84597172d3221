/** The challenges of protected routes (RFC 6750 §3), header by header. */

import t from 'tap'
import { requireAnyScope, requireScopes } from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { countingStore } from '../support/counting-store.ts'
import { issue, startHost, withToken } from '../support/host.ts'

const challengeOf = (response: { headers: Record<string, unknown> }) => response.headers['www-authenticate']

t.test('RFC 6750 §3: the challenge for a request without credentials has only the realm', async (t) => {
  const { app } = await startHost(t)
  const response = await app.inject('/protected')
  t.equal(response.statusCode, 401)
  t.equal(challengeOf(response), 'Bearer realm="fastify-api-tokens"')
  t.strictSame(response.json(), {
    statusCode: 401,
    code: 'FST_API_TOKENS_MISSING',
    error: 'Unauthorized',
    message: 'An API token is required: send it as Authorization: Bearer',
  })
})

t.test('RFC 6750 §3.1: invalid_request is 400', async (t) => {
  const { app } = await startHost(t)
  const response = await app.inject(withToken('two tokens'))
  t.equal(response.statusCode, 400)
  t.equal(challengeOf(response), 'Bearer realm="fastify-api-tokens", error="invalid_request"')
  t.match(response.json(), { statusCode: 400, code: 'FST_API_TOKENS_MALFORMED', error: 'Bad Request' })
})

t.test('RFC 6750 §3.1: invalid_token is 401 and the same for every reason', async (t) => {
  const { app, clock } = await startHost(t)
  const revoked = await issue(app, 'ada')
  await app.apiTokens.revoke(revoked.id)
  const inactive = await issue(app, 'ada')
  await app.apiTokens.update(inactive.id, { status: 'inactive' })
  const expired = await issue(app, 'ada', { expires_in: 60 })
  const idle = await issue(app, 'ada')
  const deactivated = await issue(app, 'bob')
  await app.apiTokens.deactivateUser('bob')
  const removed = await issue(app, 'eve')
  await app.apiTokens.removeUser('eve')
  clock.advance('31d')
  const answers = new Set<string>()
  for (const { token } of [revoked, inactive, expired, idle, deactivated, removed, { token: 'forged' }]) {
    for (const _state of ['cold', 'warm']) {
      const response = await app.inject(withToken(token))
      t.equal(response.statusCode, 401)
      t.equal(challengeOf(response), 'Bearer realm="fastify-api-tokens", error="invalid_token"')
      answers.add(response.body)
    }
  }
  t.equal(answers.size, 1, 'a refused client does not get the reason')
})

t.test('RFC 6750 §3.1: insufficient_scope is 403 and names the scopes that are needed', async (t) => {
  const { app } = await startHost(t)
  const { token } = await issue(app, 'ada', { scopes: ['models:read'] })
  for (const _state of ['cold', 'warm']) {
    const response = await app.inject({
      method: 'POST',
      url: '/chat',
      headers: { authorization: `Bearer ${token}` },
    })
    t.equal(response.statusCode, 403)
    t.equal(
      challengeOf(response),
      'Bearer realm="fastify-api-tokens", error="insufficient_scope", scope="chat:write"',
    )
    t.match(response.json(), {
      code: 'FST_API_TOKENS_INSUFFICIENT_SCOPE',
      message: 'The API token lacks the scope chat:write',
    })
  }
  t.equal((await app.inject(withToken(token, '/models'))).statusCode, 200)
})

t.test('RFC 6750 §3.1: scopes are checked after the token', async (t) => {
  const { app } = await startHost(t)
  t.match((await app.inject('/models')).json(), { code: 'FST_API_TOKENS_MISSING' })
  t.match((await app.inject(withToken('forged', '/models'))).json(), { code: 'FST_API_TOKENS_INVALID' })
})

t.test('RFC 6750 §3: the challenge of a 401 names the scopes that are required', async (t) => {
  const { app } = await startHost(t, {}, (app) => {
    app.get('/all', { onRequest: requireScopes('a', 'b') }, async () => ({}))
    app.get('/any', { onRequest: requireAnyScope('c', 'd') }, async () => ({}))
  })
  for (const [url, scope] of [
    ['/models', 'models:read'],
    ['/all', 'a b'],
    // Of alternatives the first: `scope` means required.
    ['/any', 'c'],
  ] as const) {
    const realm = 'Bearer realm="fastify-api-tokens"'
    t.equal(challengeOf(await app.inject(url)), `${realm}, scope="${scope}"`, url)
    const forged = await app.inject(withToken('forged', url))
    t.equal(challengeOf(forged), `${realm}, error="invalid_token", scope="${scope}"`)
    const malformed = await app.inject(withToken('two tokens', url))
    t.equal(challengeOf(malformed), `${realm}, error="invalid_request"`)
  }
})

t.test('requireAnyScope accepts a token with one of its scopes, and refuses one without', async (t) => {
  const { app } = await startHost(t, {}, (app) => {
    app.get('/any', { onRequest: requireAnyScope('c', 'd') }, async () => ({}))
  })
  for (const [scopes, status] of [
    [['c'], 200],
    [['d'], 200],
    [['c', 'd'], 200],
    [['models:read'], 403],
    [[], 403],
  ] as const) {
    const { token } = await issue(app, 'ada', { scopes })
    for (const state of ['cold', 'warm']) {
      const response = await app.inject(withToken(token, '/any'))
      t.equal(response.statusCode, status, `${scopes} ${state}`)
      if (status !== 403) continue
      t.match(challengeOf(response), 'error="insufficient_scope", scope="c"')
      t.equal(response.json().message, 'The API token lacks the scope c or d')
    }
  }
})

t.test('RFC 9110 §5.6.4: quotes and backslashes of a realm are escaped', async (t) => {
  const { app } = await startHost(t, { realm: 'a "b" \\ c', issuer: 'other' })
  const response = await app.inject('/protected')
  t.equal(challengeOf(response), 'Bearer realm="a \\"b\\" \\\\ c"')
})

t.test('the realm is the issuer unless it is given', async (t) => {
  const { app } = await startHost(t, { issuer: 'https://host.example' })
  t.equal(challengeOf(await app.inject('/protected')), 'Bearer realm="https://host.example"')
})

t.test('an outage of the store is 503 with Retry-After and without a challenge, never a 401', async (t) => {
  const store = countingStore(memoryTokenStore())
  const { app } = await startHost(t, { store })
  const { token } = await issue(app, 'ada')
  store.outage = new Error('the disk is gone')
  const response = await app.inject(withToken(token))
  t.equal(response.statusCode, 503)
  t.equal(response.headers['retry-after'], '5')
  t.equal(challengeOf(response), undefined)
  t.equal(response.json().code, 'FST_API_TOKENS_STORE_UNAVAILABLE')
  t.notMatch(response.body, 'disk', 'the cause is for the log')
  store.outage = undefined
  t.equal((await app.inject(withToken(token))).statusCode, 200)
})
