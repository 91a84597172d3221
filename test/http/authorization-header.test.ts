/** The Authorization header in all forms that a client, a proxy or an attacker may send (RFC 6750 §2.1). */

import Fastify from 'fastify'
import t from 'tap'
import apiTokens, { verifyApiToken } from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { issue, startHost, withToken } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'
import { rawGet } from '../support/raw-http.ts'

t.test('RFC 6750 §3.1: a request without a bearer credential is 401, with no error code', async (t) => {
  const { app } = await startHost(t)
  const { token } = await issue(app, 'ada')
  const headers = [
    undefined,
    '',
    ' ',
    'Basic YWRhOnNlY3JldA==',
    `Token ${token}`,
    `Bearerish ${token}`,
    token,
  ]
  for (const authorization of headers) {
    const response = await app.inject({
      url: '/protected',
      headers: authorization === undefined ? {} : { authorization },
    })
    t.equal(response.statusCode, 401, String(authorization))
    t.equal(response.json().code, 'FST_API_TOKENS_MISSING')
    t.equal(response.headers['www-authenticate'], 'Bearer realm="fastify-api-tokens"')
  }
})

t.test('RFC 6750 §3.1: Bearer without exactly one credential is 400 invalid_request', async (t) => {
  const { app } = await startHost(t)
  const { token } = await issue(app, 'ada')
  const headers = [
    'Bearer',
    'Bearer ',
    'bearer',
    'Bearer     ',
    'Bearer\t',
    `Bearer ${token} ${token}`,
    `Bearer ${token}, Bearer ${token}`,
    `Bearer ${token},`,
    `Bearer "${token}"`,
    `Bearer token=${token};`,
    `Bearer ${token}\u00e9`,
    `Bearer \u00a0${token}`,
    `Bearer \u2003${token}`,
    'Bearer €',
    'Bearer =',
    'Bearer a=b',
  ]
  for (const authorization of headers) {
    const response = await app.inject({ url: '/protected', headers: { authorization } })
    t.equal(response.statusCode, 400, authorization)
    t.equal(response.json().code, 'FST_API_TOKENS_MALFORMED')
    t.match(response.json().message, /Authorization header .* exactly one credential/)
    t.equal(
      response.headers['www-authenticate'],
      'Bearer realm="fastify-api-tokens", error="invalid_request"',
    )
  }
})

t.test(
  'RFC 9110 §11.1: the scheme is case-insensitive and separated from the credential by white space',
  async (t) => {
    const { app } = await startHost(t)
    const { token } = await issue(app, 'ada')
    for (const start of ['Bearer ', 'bearer ', 'BEARER ', 'bEaReR ', 'Bearer   ', 'Bearer\t', 'Bearer \t ']) {
      const response = await app.inject({ url: '/protected', headers: { authorization: start + token } })
      t.equal(response.statusCode, 200, JSON.stringify(start))
      t.equal(response.json().userId, 'ada')
    }
  },
)

t.test('the forms of a header have the same result over a socket, cold and warm', async (t) => {
  const { app } = await startHost(t)
  const { token } = await issue(app, 'ada')
  const forged = `${token.slice(0, -8)}AAAAAAAA`
  await app.listen({ host: '127.0.0.1', port: 0 })
  for (const state of ['cold', 'warm']) {
    await t.test(state, async (t) => {
      const cases: [line: string, status: number][] = [
        ['Authorization:', 401],
        ['Authorization: ', 401],
        ['Authorization: Bearer', 400],
        ['Authorization:Bearer   \t', 400],
        [`authorization: bearer ${token}`, 200],
        [`AUTHORIZATION:\tBearer\t${token}\t`, 200],
        [`Authorization: Bearer ${token}`, 200],
        [`Authorization: Bearer ${token} x`, 400],
        [`Authorization: Bearer ${token}\xe9`, 400],
        [`Authorization: Bearer \xa0${token}`, 400],
        [`Authorization: \xa0Bearer ${token}`, 401],
        [`Authorization: Bearer ${forged}`, 401],
        [`Authorization: Basic ${token}`, 401],
      ]
      for (const [line, status] of cases) {
        const answer = await rawGet(app, '/protected', [line])
        t.equal(answer.status, status, line.replace(token, '<token>'))
      }
    })
  }
})

t.test('two Authorization lines are 400, whichever of them is valid and in any case', async (t) => {
  const { app } = await startHost(t)
  const { token } = await issue(app, 'ada')
  t.equal((await app.inject(withToken(token))).statusCode, 200, 'warm')
  await app.listen({ host: '127.0.0.1', port: 0 })
  const good = `Authorization: Bearer ${token}`
  const pairs = [
    [good, good],
    [good, 'authorization: Basic YWRhOnNlY3JldA=='],
    ['AUTHORIZATION: Basic YWRhOnNlY3JldA==', good],
    [good, 'X-Other: 1', 'Authorization:'],
    ['Authorization:', good],
    ['Authorization: Basic eA==', 'Authorization: Basic eA=='],
  ]
  for (const lines of pairs) {
    const answer = await rawGet(app, '/protected', lines)
    t.equal(answer.status, 400, lines.join(' + ').replaceAll(token, '<token>'))
    t.match(answer.body, 'FST_API_TOKENS_MALFORMED')
    t.match(answer.head, /www-authenticate: Bearer realm="fastify-api-tokens", error="invalid_request"/i)
    t.notMatch(answer.head + answer.body, token)
  }
})

t.test('promise 14: a credential of more than 4 kB is refused without being parsed', async (t) => {
  const { app } = await startHost(t)
  const { token } = await issue(app, 'ada')
  for (const credential of [token.padEnd(4097, 'A'), 'A'.repeat(65_536), `${'A'.repeat(5000)} x`]) {
    const response = await app.inject(withToken(credential))
    t.equal(response.statusCode, 401)
    t.equal(response.json().code, 'FST_API_TOKENS_INVALID')
  }
  t.same(app.apiTokens.stats().verification, { hits: 0, misses: 0, loads: 0 })
  t.equal((await app.inject(withToken('A'.repeat(4096)))).statusCode, 401)
  t.equal(app.apiTokens.stats().verification.misses, 1, 'one of 4,096 characters is looked at')
})

t.test('promise 14: 64 kB of header are refused over a socket, and the host keeps running', async (t) => {
  // More than Node's own limit of 16 kB, so that the header comes as far as the plugin.
  const app = Fastify({ http: { maxHeaderSize: 131_072 } })
  t.teardown(() => app.close())
  await app.register(apiTokens, { store: memoryTokenStore(), keys: [hs256Key()], routes: false })
  app.get('/protected', { onRequest: verifyApiToken }, async () => ({ ok: true }))
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { credential } = await app.apiTokens.issue({ userId: 'ada' })
  for (const authorization of [
    `Bearer ${'A'.repeat(65_536)}`,
    `Bearer ${credential}${'.A'.repeat(32_768)}`,
  ]) {
    const answer = await rawGet(app, '/protected', [`Authorization: ${authorization}`])
    t.equal(answer.status, 401)
    t.match(answer.body, 'FST_API_TOKENS_INVALID')
  }
  const next = await rawGet(app, '/protected', [`Authorization: Bearer ${credential}`])
  t.equal(next.status, 200)
})

t.test('identity headers of other systems are ignored', async (t) => {
  const { app } = await startHost(t)
  const { token } = await issue(app, 'ada')
  const pretended = {
    'x-bodhiapp-user-id': 'root',
    'x-bodhiapp-role': 'admin',
    'x-user-id': 'root',
    'x-forwarded-user': 'root',
    'x-api-token': token,
    'x-authorization': `Bearer ${token}`,
    'proxy-authorization': `Bearer ${token}`,
  }
  t.equal((await app.inject({ url: '/protected', headers: pretended })).statusCode, 401)
  const url = `/protected?access_token=${token}&authorization=Bearer%20${token}`
  t.equal((await app.inject({ url })).statusCode, 401, 'a credential in the URL is ignored (RFC 6750 §2.3)')
  const response = await app.inject({
    url: '/protected',
    headers: { ...pretended, authorization: `Bearer ${token}` },
  })
  t.equal(response.json().userId, 'ada')
})
