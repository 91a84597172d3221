/** Of an identity provider's errors only registered codes reach responses, errors and logs. */

import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { systemClock } from '../../src/clock.ts'
import apiTokens, { type ApiTokensOptions, verifyApiToken } from '../../src/index.ts'
import { offlineTokens } from '../../src/oauth/provider-client/offline-tokens.ts'
import { providerFailure, registeredCode } from '../../src/oauth/provider-error.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { hs256Key } from '../support/keys.ts'
import { CLIENT, startHoldingProvider } from './holding-provider.ts'
import { form } from './oauth-host.ts'
import { AUDIENCE, startFaultyProvider } from './provider.ts'

const SECRET = 'xyzzy-what-the-provider-says'
const TOKEN = '/token'

/** Answers of a provider, each with its own words in another place, and the status that the host's client gets. */
const ANSWERS: readonly [what: string, status: number, body: string, expected: number][] = [
  ['an unregistered code', 400, JSON.stringify({ error: SECRET }), 403],
  ['a code with control characters', 400, JSON.stringify({ error: `invalid_grant\r\n${SECRET}` }), 403],
  ['a code of great length', 400, JSON.stringify({ error: SECRET.repeat(1_000) }), 403],
  ['a registered code in capitals', 400, JSON.stringify({ error: SECRET.toUpperCase() }), 403],
  ['a description', 400, JSON.stringify({ error: 'invalid_grant', error_description: SECRET }), 403],
  ['an error_uri', 400, JSON.stringify({ error: 'invalid_grant', error_uri: `https://${SECRET}` }), 403],
  ['another member', 400, JSON.stringify({ error: 'invalid_grant', [SECRET]: SECRET }), 403],
  ['a code that is no text', 400, JSON.stringify({ error: { code: SECRET } }), 503],
  ['a server error', 500, JSON.stringify({ error: 'server_error', error_description: SECRET }), 503],
  ['an unregistered server error', 500, JSON.stringify({ error: SECRET }), 503],
  ['broken JSON', 200, `{"access_token":"${SECRET}`, 503],
  ['JSON that is no object', 200, JSON.stringify(SECRET), 503],
  ['a page', 200, `<h1>${SECRET}</h1>`, 503],
  ['a token of an unknown type', 200, JSON.stringify({ access_token: SECRET, token_type: SECRET }), 503],
]

for (const [what, status, body, expected] of ANSWERS) {
  t.test(`at issue, ${what} of the provider is not passed on`, async (t) => {
    const provider = await startHoldingProvider(t)
    const { app, said } = await listeningHost(t, {
      identityProvider: offlineTokens({
        ...{ issuer: provider.issuer, ...CLIENT },
        subjectToken: ({ headers }) => provider.subjectToken(String(headers['x-user'])),
      }),
    })
    const request = { method: 'POST', url: '/tokens', headers: { 'x-user': 'ada' }, payload: {} } as const
    const issued = await app.inject(request)
    t.equal(issued.statusCode, 201)
    provider.answer = (path) => (path === TOKEN ? { status, body } : undefined)
    const refused = await app.inject(request)
    t.equal(refused.statusCode, expected)
    const authorization = `Bearer ${issued.json().token}`
    const verified = await app.inject({ url: '/protected', headers: { authorization } })
    t.ok([401, 503].includes(verified.statusCode))
    const all = [said(), refused.body, verified.body].join('\n').toLowerCase()
    t.notOk(all.includes(SECRET), all)
    const registered = body.includes('"error":"invalid_grant"')
    if (registered) t.match(refused.json().message, /refused the token: invalid_grant$/)
    else if (expected === 403) t.match(refused.json().message, /its error code is not a registered one$/)
    if (expected === 503) t.match(said(), /the token exchange at the identity provider failed: \w+/)
  })
}

t.test('at an exchange, the text of a provider’s metadata and keys is not passed on', async (t) => {
  for (const isThere of [
    (path: string) => path.endsWith('openid-configuration'),
    (path: string) => path.endsWith('/jwks'),
  ]) {
    for (const answer of [
      `{"keys":"${SECRET}`,
      SECRET,
      `["${SECRET}"]`,
      JSON.stringify({ issuer: SECRET }),
    ]) {
      const provider = await startFaultyProvider(t)
      provider.answer = (path, response) => {
        if (!isThere(path)) return false
        response.setHeader('content-type', 'application/json')
        response.end(answer)
        return true
      }
      const grant = 'urn:ietf:params:oauth:grant-type:token-exchange'
      const { app, said } = await listeningHost(t, {
        issuer: 'https://app.example.com',
        oauth: {
          clients: [{ client_id: 'ci', token_endpoint_auth_method: 'none', grant_types: [grant] }],
          trustedIssuers: [{ issuer: provider.issuer, audience: AUDIENCE, user: ({ sub }) => ({ id: sub }) }],
        },
      })
      const response = await app.inject(
        form('/oauth2/token', {
          ...{ grant_type: grant, client_id: 'ci', subject_token: await provider.sign() },
          subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        }),
      )
      const isPermanent = isThere('openid-configuration') && answer === JSON.stringify({ issuer: SECRET })
      t.equal(response.statusCode, isPermanent ? 500 : 503)
      t.match(
        said(),
        /(reading the (metadata|keys) of|the metadata of) http\S+( failed: | is another issuer's| names no issuer)/,
      )
      t.notOk(`${said()}${response.body}`.includes(SECRET), said())
    }
  }
})

t.test('only registered codes are passed on', async (t) => {
  for (const code of ['invalid_grant', 'invalid_target', 'login_required', 'slow_down']) {
    t.equal(registeredCode(code), code)
  }
  for (const code of ['', 'invalid grant', 'Invalid_Grant', 'invalid_grant\n', 'x', 7, null, undefined, {}]) {
    t.equal(registeredCode(code), undefined)
  }
})

t.test('a failure has the names, codes and statuses of its causes', async (t) => {
  const refused = Object.assign(new Error(SECRET), { code: 'ECONNREFUSED', data: SECRET })
  const failed = new TypeError(SECRET, { cause: refused })
  t.equal(providerFailure('the call', failed).message, 'the call failed: TypeError, Error, ECONNREFUSED')
  const odd = Object.assign(new Error(SECRET), { code: `A\n${SECRET}`, status: 418, error: 'invalid_grant' })
  t.equal(providerFailure('the call', odd).message, 'the call failed: Error, status 418, invalid_grant')
  t.equal(providerFailure('the call', SECRET).message, 'the call failed')
  const circle: Error & { cause?: unknown } = new Error(SECRET)
  circle.cause = circle
  t.equal(providerFailure('the call', circle).message, 'the call failed: Error')
})

/** A host whose log lines are stored. */
async function listeningHost(t: Test, options: ApiTokensOptions) {
  const lines: string[] = []
  const app = Fastify({ logger: { level: 'trace', stream: { write: (line) => void lines.push(line) } } })
  t.teardown(() => app.close())
  await app.register(apiTokens, {
    ...{ store: memoryTokenStore(), keys: [hs256Key()], clock: systemClock },
    authenticateUser: ({ headers }) => ({ id: String(headers['x-user']) }),
    ...options,
  })
  app.get('/protected', { onRequest: verifyApiToken }, async () => 'ok')
  return { app, said: () => lines.join('') }
}
