/** Metadata and the key set: RFC 8414, RFC 9728, RFC 7517. */

import Fastify, { type InjectOptions } from 'fastify'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import t from 'tap'
import apiTokens from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { issue, startHost, withToken } from '../support/host.ts'
import { ed25519Key, es256Key, hs256Key, publicKey } from '../support/keys.ts'
import { BASIC, clients, discover, insecure, SECRET, startOAuthHost } from './oauth-host.ts'

const ISSUER = 'https://app.example.com'

t.test('RFC 8414 §2: the metadata names all endpoints, with URLs of the issuer', async (t) => {
  const { app } = await startHost(t, { issuer: ISSUER, oauth: {} })
  const answer = await app.inject({
    url: '/.well-known/oauth-authorization-server',
    headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example' },
  })
  t.equal(answer.statusCode, 200)
  t.match(answer.headers['content-type'], /^application\/json/)
  t.strictSame(answer.json(), {
    issuer: ISSUER,
    token_endpoint: `${ISSUER}/oauth2/token`,
    jwks_uri: `${ISSUER}/.well-known/jwks.json`,
    scopes_supported: ['chat:write', 'models:read'],
    response_types_supported: [],
    grant_types_supported: answer.json().grant_types_supported,
    token_endpoint_auth_methods_supported: [
      'client_secret_basic',
      'client_secret_post',
      'private_key_jwt',
      'none',
    ],
    token_endpoint_auth_signing_alg_values_supported: ['EdDSA', 'Ed25519', 'ES256', 'PS256', 'RS256'],
    introspection_endpoint: `${ISSUER}/oauth2/introspect`,
    introspection_endpoint_auth_methods_supported: [
      'client_secret_basic',
      'client_secret_post',
      'private_key_jwt',
    ],
    introspection_endpoint_auth_signing_alg_values_supported: ['EdDSA', 'Ed25519', 'ES256', 'PS256', 'RS256'],
    revocation_endpoint: `${ISSUER}/oauth2/revoke`,
    revocation_endpoint_auth_methods_supported: [
      'client_secret_basic',
      'client_secret_post',
      'private_key_jwt',
      'none',
    ],
    revocation_endpoint_auth_signing_alg_values_supported: ['EdDSA', 'Ed25519', 'ES256', 'PS256', 'RS256'],
    protected_resources: [ISSUER],
  })
})

t.test('RFC 8414 §3.2: members without elements are left out', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const keys = [hs256Key()]
  await app.register(apiTokens, { store: memoryTokenStore(), keys, routes: false, issuer: ISSUER, oauth: {} })
  for (const name of ['oauth-authorization-server', 'oauth-protected-resource']) {
    t.notOk('scopes_supported' in (await app.inject(`/.well-known/${name}`)).json(), name)
  }
})

t.test('RFC 8414 §3: of an issuer with a path the metadata is between host and path', async (t) => {
  const { app } = await startHost(t, { issuer: `${ISSUER}/tenant/1`, oauth: {} })
  const { issuer, token_endpoint, jwks_uri } = (
    await app.inject('/.well-known/oauth-authorization-server/tenant/1')
  ).json()
  t.equal(issuer, `${ISSUER}/tenant/1`)
  t.equal(token_endpoint, `${ISSUER}/tenant/1/oauth2/token`)
  t.equal(jwks_uri, `${ISSUER}/tenant/1/.well-known/jwks.json`)
  t.equal((await app.inject('/tenant/1/.well-known/jwks.json')).statusCode, 200)
  t.equal((await app.inject('/.well-known/oauth-protected-resource/tenant/1')).statusCode, 200)
  t.equal((await app.inject('/.well-known/oauth-authorization-server')).statusCode, 404)
})

t.test(
  "RFC 8414 §3.1: an issuer's last slash is left out of every URL, and stays in the issuer",
  async (t) => {
    const { app } = await startHost(t, { issuer: `${ISSUER}/tenant/`, oauth: {} })
    const { issuer, token_endpoint } = (
      await app.inject('/.well-known/oauth-authorization-server/tenant')
    ).json()
    t.equal(issuer, `${ISSUER}/tenant/`)
    t.equal(token_endpoint, `${ISSUER}/tenant/oauth2/token`)
  },
)

t.test('RFC 8414 §3.3: oauth4webapi and openid-client discover and accept the metadata', async (t) => {
  for (const path of ['', '/tenant']) {
    const { issuer, server } = await startOAuthHost(t, { path })
    t.equal(server.issuer, issuer)
    const config = await openid.discovery(new URL(issuer), BASIC.client_id, SECRET, undefined, {
      algorithm: 'oauth2',
      execute: [openid.allowInsecureRequests],
    })
    t.equal(config.serverMetadata().introspection_endpoint, `${issuer}/oauth2/introspect`)
  }
})

t.test(
  'RFC 9728 §2, §3: the metadata of the protected resource names its authorization server',
  async (t) => {
    const { issuer } = await startOAuthHost(t)
    const url = new URL(issuer)
    const response = await oauth.resourceDiscoveryRequest(url, insecure)
    const metadata = await oauth.processResourceDiscoveryResponse(url, response)
    t.strictSame(metadata, {
      resource: issuer,
      authorization_servers: [issuer],
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      scopes_supported: ['chat:write', 'models:read'],
      bearer_methods_supported: ['header'],
    })
  },
)

t.test('RFC 9728 §3.1: a resource with a path has its metadata between host and path', async (t) => {
  const { app } = await startHost(t, { issuer: ISSUER, oauth: { resource: `${ISSUER}/mcp` } })
  const answer = await app.inject('/.well-known/oauth-protected-resource/mcp')
  t.equal(answer.json().resource, `${ISSUER}/mcp`)
  t.match((await app.inject('/protected')).headers['www-authenticate'], '/oauth-protected-resource/mcp"')
})

t.test(
  'RFC 9728 §5.1: each challenge names the metadata of the resource, never from the Host header',
  async (t) => {
    const { app } = await startHost(t, { issuer: ISSUER, oauth: {} })
    const { token } = await issue(app, 'ada')
    const expected = `Bearer realm="${ISSUER}"`
    const metadata = `, resource_metadata="${ISSUER}/.well-known/oauth-protected-resource"`
    const challengeOf = async (request: InjectOptions) =>
      (await app.inject(request)).headers['www-authenticate']
    t.equal(
      await challengeOf({ url: '/protected', headers: { host: 'evil.example' } }),
      `${expected}${metadata}`,
    )
    t.equal(await challengeOf(withToken('x.y.z')), `${expected}, error="invalid_token"${metadata}`)
    t.equal(await challengeOf(withToken('two parts')), `${expected}, error="invalid_request"${metadata}`)
    t.equal(
      await challengeOf(withToken(token, '/models')),
      `${expected}, error="insufficient_scope", scope="models:read"${metadata}`,
    )
  },
)

t.test('RFC 9728 §5.2: oauth4webapi reads the challenge and follows it', async (t) => {
  const { issuer } = await startOAuthHost(t)
  const refused = await oauth
    .protectedResourceRequest('x.y.z', 'GET', new URL('/protected', issuer), undefined, undefined, insecure)
    .catch((error: unknown) => error)
  if (!(refused instanceof oauth.WWWAuthenticateChallengeError)) throw new Error('there is no challenge')
  const [challenge] = refused.cause
  t.equal(challenge?.parameters.error, 'invalid_token')
  const metadata = await fetch(challenge?.parameters['resource_metadata'] ?? '')
  t.equal(((await metadata.json()) as { resource: string }).resource, issuer)
})

t.test('RFC 7517 §5: the key set has only public keys, and no symmetric key', async (t) => {
  const [ed, es, hs] = [ed25519Key(), es256Key(), hs256Key()]
  const retired = ed25519Key()
  const { app } = await startHost(t, { issuer: ISSUER, oauth: {}, keys: [ed, es, hs, publicKey(retired)] })
  const answer = await app.inject('/.well-known/jwks.json')
  t.match(answer.headers['content-type'], /^application\/jwk-set\+json/)
  const { keys } = answer.json() as { keys: Record<string, string>[] }
  t.same(
    keys.map(({ kid }) => kid),
    [ed.kid, es.kid],
    'and not the key whose tokens are refused here',
  )
  for (const key of keys) {
    t.notOk('d' in key || 'k' in key, 'nothing private')
    t.equal(key['use'], 'sig')
  }
  t.notMatch(answer.body, String(hs['k']))
  t.same(
    keys.map(({ alg }) => alg),
    ['EdDSA', 'ES256'],
  )
})

for (const [name, key] of [
  ['EdDSA', ed25519Key],
  ['ES256', es256Key],
] as const) {
  t.test(`jose verifies a token signed by ${name} with the published keys`, async (t) => {
    const { app, issuer, server } = await startOAuthHost(t, { keys: [key()] })
    const { id, token } = await issue(app, 'ada', { scopes: ['models:read'] })
    const keys = createRemoteJWKSet(new URL(server.jwks_uri ?? ''))
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience: issuer,
      typ: 'api-token+jwt',
      algorithms: [name],
    })
    t.match(payload, { sub: 'ada', jti: id, scope: 'models:read' })
  })
}

t.test('RFC 7517 §5: the key set follows the keys as they rotate', async (t) => {
  const [first, second] = [ed25519Key(), es256Key()]
  let keys = [first]
  const { app, server } = await startOAuthHost(t, { keys: async () => keys, keyRefresh: 20 })
  const published = createRemoteJWKSet(new URL(server.jwks_uri ?? ''), { cooldownDuration: 0 })
  await jwtVerify((await issue(app, 'ada')).token, published)
  keys = [second]
  const kids = async () =>
    (await app.inject('/.well-known/jwks.json')).json().keys.map(({ kid }: { kid: string }) => kid)
  const deadline = Date.now() + 5_000
  while ((await kids())[0] !== second.kid && Date.now() < deadline)
    await new Promise((go) => setTimeout(go, 10))
  t.same(await kids(), [second.kid])
  const { token } = await issue(app, 'ada')
  t.equal((await jwtVerify(token, published)).protectedHeader.kid, second.kid)
})

t.test('metadata and keys may be cached for a minute, with any hook of the application', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(apiTokens, {
    ...{ store: memoryTokenStore(), keys: [hs256Key()], routes: false, issuer: ISSUER, oauth: {} },
  })
  app.addHook('onRequest', app.verifyApiToken)
  for (const name of ['oauth-authorization-server', 'oauth-protected-resource', 'jwks.json']) {
    const answer = await app.inject(`/.well-known/${name}`)
    t.equal(answer.statusCode, 200, name)
    t.equal(answer.headers['cache-control'], 'public, max-age=60')
  }
})

t.test('without the option there are no endpoints, and challenges do not name metadata', async (t) => {
  const { app } = await startHost(t, { issuer: ISSUER })
  for (const url of ['/.well-known/jwks.json', '/.well-known/oauth-authorization-server'])
    t.equal((await app.inject(url)).statusCode, 404)
  t.notMatch((await app.inject('/protected')).headers['www-authenticate'], 'resource_metadata')
})

t.test(
  'promise 13: in the non-authenticated mode there is no metadata, and the endpoints are disabled',
  async (t) => {
    const { app } = await startHost(t, { issuer: ISSUER, authentication: 'none', oauth: clients(BASIC) })
    for (const name of ['oauth-authorization-server', 'oauth-protected-resource', 'jwks.json'])
      t.equal((await app.inject(`/.well-known/${name}`)).statusCode, 404, name)
    for (const name of ['token', 'introspect', 'revoke']) {
      const answer = await app.inject({ method: 'POST', url: `/oauth2/${name}` })
      t.equal(answer.statusCode, 403, name)
      t.equal(answer.json().code, 'FST_API_TOKENS_AUTHENTICATION_DISABLED')
    }
  },
)

t.test('a client refuses metadata of another issuer than it asked for', async (t) => {
  const { issuer } = await startOAuthHost(t, { path: '/tenant' })
  await t.rejects(discover(new URL(issuer).origin))
})
