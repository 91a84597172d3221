/** The OAuth 2.0 endpoints in hosts that change what every response looks like, and in hosts whose hooks fail. */

import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import apiTokens, { type ApiTokensOptions, type OAuthClient } from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { ed25519Key } from '../support/keys.ts'
import { approve, CLI, enter, ISSUER, poll, start } from './device-host.ts'
import { basic, form } from './oauth-host.ts'
import { AUDIENCE, startFaultyProvider } from './provider.ts'

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const CI: OAuthClient = {
  ...{ client_id: 'ci', client_secret: 'a secret of at least 32 characters' },
  grant_types: [EXCHANGE],
}

async function startHost(
  t: Test,
  change: (app: FastifyInstance) => void,
  oauth: ApiTokensOptions['oauth'] = {},
): Promise<FastifyInstance> {
  const app = Fastify()
  t.teardown(() => app.close())
  change(app)
  await app.register(apiTokens, {
    ...{ store: memoryTokenStore(), keys: [ed25519Key()], issuer: ISSUER, scopes: { 'models:read': '' } },
    authenticateUser: ({ headers }) =>
      typeof headers['x-user'] === 'string' ? { id: headers['x-user'] } : null,
    oauth: { clients: [CLI, CI], device: {}, ...oauth },
  })
  await app.ready()
  return app
}

const STYLES: Readonly<Record<string, (app: FastifyInstance) => void>> = {
  'a preSerialization that wraps': (app) =>
    app.addHook('preSerialization', async (_request, _reply, payload) => ({ data: payload })),
  setReplySerializer: (app) => app.setReplySerializer(() => 'of the host'),
  'an onSend that wraps': (app) =>
    app.addHook('onSend', async (_request, reply, payload) => {
      reply.headers({ 'content-encoding': 'gzip', 'cache-control': 'public, max-age=9999' })
      reply.code(304).type('text/plain')
      return `{"data":${payload}}`
    }),
}

for (const [name, change] of Object.entries(STYLES)) {
  t.test(`OAuth 2.0 clients get responses in the form of the RFCs: ${name}`, async (t) => {
    const app = await startHost(t, change)
    for (const [url, type, member] of [
      ['/.well-known/oauth-authorization-server', 'application/json', 'token_endpoint'],
      ['/.well-known/oauth-protected-resource', 'application/json', 'resource'],
      ['/.well-known/jwks.json', 'application/jwk-set+json', 'keys'],
    ] as const) {
      const response = await app.inject(url)
      t.equal(response.statusCode, 200, url)
      t.match(response.headers['content-type'], type, url)
      t.equal(response.headers['cache-control'], 'public, max-age=60', url)
      t.equal(response.headers['content-encoding'], undefined, url)
      t.ok(response.json()[member], url)
    }
    const codes = await start(app)
    const pending = await poll(app, codes)
    t.equal(pending.statusCode, 400)
    t.match(pending.json(), { error: 'authorization_pending', error_description: String })
    t.equal(pending.headers['cache-control'], 'no-store')
    const page = await enter(app, 'ada', codes.user_code)
    t.equal(page.statusCode, 200)
    t.equal(page.headers['content-type'], 'text/html; charset=utf-8')
    t.match(page.headers['content-security-policy'], "default-src 'none'")
    t.match(page.body, /^<!doctype html>/)
    const signedOut = await enter(app, null, codes.user_code)
    t.equal(signedOut.statusCode, 401)
    t.match(signedOut.body, /^<!doctype html>/)
    await approve(app, 'ada', codes)
    const granted = await poll(app, codes)
    t.equal(granted.statusCode, 200)
    t.match(granted.json(), { access_token: String, token_type: 'Bearer', scope: 'models:read' })
    t.equal(granted.headers['pragma'], 'no-cache')
    const { access_token: token } = granted.json()
    const client = basic('ci', String(CI.client_secret))
    const introspected = await app.inject(form('/oauth2/introspect', { token }, client))
    t.match(introspected.json(), { active: true, sub: 'ada' })
    const revoked = await app.inject(form('/oauth2/revoke', { token }, client))
    t.equal(revoked.statusCode, 200)
    t.equal(revoked.body, '')
    const refused = await app.inject(form('/oauth2/introspect', { token }))
    t.match(refused.json(), { error: 'invalid_client' })
  })
}

/** Every response to a token request fails while `fails` is true. */
const failing = (fails: () => boolean) => (app: FastifyInstance) =>
  app.addHook('onSend', async ({ url }) => {
    if (url === '/oauth2/token' && fails()) throw new Error('of the host')
  })

t.test('a token of a device whose response fails is revoked', async (t) => {
  let fails = false
  const app = await startHost(
    t,
    failing(() => fails),
  )
  const codes = await start(app)
  await approve(app, 'ada', codes)
  fails = true
  t.equal((await poll(app, codes)).statusCode, 500)
  fails = false
  const { data } = await app.apiTokens.list({ userId: 'ada' })
  t.same(
    data.map(({ status }) => status),
    ['revoked'],
  )
  t.match((await poll(app, codes)).json(), { error: 'invalid_grant' }, 'the code was used')
})

t.test('a token of a token exchange whose response fails is revoked', async (t) => {
  const provider = await startFaultyProvider(t)
  let fails = false
  const app = await startHost(
    t,
    failing(() => fails),
    {
      trustedIssuers: [
        { issuer: provider.issuer, audience: AUDIENCE, user: ({ sub }) => ({ id: String(sub) }) },
      ],
    },
  )
  const exchange = async () =>
    app.inject(
      form(
        '/oauth2/token',
        {
          ...{ grant_type: EXCHANGE, subject_token: await provider.sign() },
          subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        },
        basic('ci', String(CI.client_secret)),
      ),
    )
  fails = true
  t.equal((await exchange()).statusCode, 500)
  fails = false
  const granted = await exchange()
  t.equal(granted.statusCode, 200)
  const { userId } = await app.apiTokens.verify(granted.json().access_token)
  const { data } = await app.apiTokens.list({ userId })
  t.same(data.map(({ status }) => status).sort(), ['active', 'revoked'])
})
