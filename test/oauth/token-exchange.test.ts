/** Token exchange (RFC 8693): a token of the identity provider for an API token. */

import Fastify, { type LightMyRequestResponse } from 'fastify'
import { SignJWT } from 'jose'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import t, { type Test } from 'tap'
import { systemClock } from '../../src/clock.ts'
import apiTokens, { type ApiTokensOptions, type OAuthClient, type TrustedIssuer } from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { signText } from '../support/forge.ts'
import { type Host, issue, startHost, withToken } from '../support/host.ts'
import { ed25519Key } from '../support/keys.ts'
import { basic, form, insecure, keyClient, startOAuthHost } from './oauth-host.ts'
import { AUDIENCE, type FaultyProvider, providerKey, startFaultyProvider, startProvider } from './provider.ts'

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const TYPE = 'urn:ietf:params:oauth:token-type:'
const CI: OAuthClient = {
  ...{ client_id: 'ci', client_name: 'The CI', token_endpoint_auth_method: 'none' },
  grant_types: [EXCHANGE],
}
const OTHER: OAuthClient = { client_id: 'other', token_endpoint_auth_method: 'none' }

const trust = (issuer: string, rest: Partial<TrustedIssuer> = {}): TrustedIssuer => ({
  issuer,
  audience: AUDIENCE,
  user: ({ sub }) => ({ id: `idp:${sub}` }),
  ...rest,
})

/** A genuine signature of the provider under any header, over any text. */
async function signAnything(
  { issuer, keys: [key] }: FaultyProvider,
  header: Record<string, unknown>,
  payload?: string,
): Promise<string> {
  if (key === undefined) throw new Error('there is no key')
  const now = Math.floor(Date.now() / 1000)
  const claims = JSON.stringify({ iss: issuer, aud: AUDIENCE, sub: 'ada', exp: now + 300, iat: now })
  const { alg: _, use: _use, ...jwk } = key
  const text = JSON.stringify({ alg: 'ES256', kid: key.kid, ...header })
  return signText({ ...jwk, kty: 'EC' }, text, payload ?? claims)
}

interface Exchange extends Host {
  readonly provider: FaultyProvider
  exchange(members?: Record<string, string>): Promise<LightMyRequestResponse>
}

async function start(
  t: Test,
  { trusted, oauth: own, ...options }: ApiTokensOptions & { trusted?: Partial<TrustedIssuer> } = {},
): Promise<Exchange> {
  const provider = await startFaultyProvider(t)
  const host = await startHost(t, {
    ...{ issuer: 'https://app.example.com', tokenPrefix: 'acme_', clock: systemClock },
    oauth: { clients: [CI, OTHER], trustedIssuers: [trust(provider.issuer, trusted)], ...own },
    ...options,
  })
  const exchange = async (members: Record<string, string> = {}) =>
    host.app.inject(
      form('/oauth2/token', {
        ...{ grant_type: EXCHANGE, client_id: 'ci', subject_token_type: `${TYPE}access_token` },
        subject_token: members['subject_token'] ?? (await provider.sign()),
        ...members,
      }),
    )
  return { ...host, provider, exchange }
}

t.test('RFC 8693 §2.2.1: openid-client exchanges a token of oidc-provider, and it works', async (t) => {
  const provider = await startProvider(t)
  const { app, issuer, server } = await startOAuthHost(t, {
    oauth: { clients: [CI], trustedIssuers: [trust(provider.issuer)] },
  })
  t.same(server.grant_types_supported, [EXCHANGE])
  const config = await openid.discovery(new URL(issuer), 'ci', {}, openid.None(), {
    ...{ algorithm: 'oauth2', execute: [openid.allowInsecureRequests] },
  })
  const granted = await openid.genericGrantRequest(config, EXCHANGE, {
    subject_token: await provider.accessToken(),
    subject_token_type: `${TYPE}access_token`,
    scope: 'models:read',
    name: 'deploy',
  })
  t.match(granted, {
    ...{ issued_token_type: `${TYPE}access_token`, token_type: 'bearer' },
    ...{ expires_in: 7_776_000, scope: 'models:read' },
  })
  const answer = await app.inject(withToken(granted.access_token, '/protected'))
  t.match(answer.json(), { userId: 'idp:ada-app', scopes: ['models:read'] })
  t.match(await app.apiTokens.get(answer.json().tokenId), { name: 'deploy' })

  const client = { client_id: 'ci' }
  const members = new URLSearchParams({
    subject_token: await provider.accessToken(),
    subject_token_type: `${TYPE}access_token`,
  })
  const response = await oauth.genericTokenEndpointRequest(
    server,
    client,
    oauth.None(),
    EXCHANGE,
    members,
    insecure,
  )
  t.equal(response.headers.get('cache-control'), 'no-store')
  const again = await oauth.processGenericTokenEndpointResponse(server, client, response)
  t.equal((await app.inject(withToken(again.access_token))).statusCode, 200)
})

t.test('RFC 7523 §2.2: a client with a key of its own exchanges, once with each assertion', async (t) => {
  const provider = await startFaultyProvider(t)
  const { client, key } = await keyClient()
  const { client_id } = client
  const { server } = await startOAuthHost(t, {
    oauth: { clients: [{ ...client, grant_types: [EXCHANGE] }], trustedIssuers: [trust(provider.issuer)] },
  })
  const members = { subject_token: await provider.sign(), subject_token_type: `${TYPE}access_token` }
  let sent = ''
  const auth = oauth.PrivateKeyJwt({ key, kid: 'client-key' })
  const response = await oauth.genericTokenEndpointRequest(
    server,
    { client_id },
    (as, asked, body, headers) => {
      const done = auth(as, asked, body, headers)
      return Promise.resolve(done).then(() => {
        sent = body.get('client_assertion') ?? ''
      })
    },
    EXCHANGE,
    new URLSearchParams(members),
    insecure,
  )
  t.equal(
    (await oauth.processGenericTokenEndpointResponse(server, { client_id }, response)).token_type,
    'bearer',
  )
  const replayed = await fetch(server.token_endpoint ?? '', {
    method: 'POST',
    body: new URLSearchParams({
      ...{ ...members, grant_type: EXCHANGE, client_assertion: sent },
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    }),
  })
  t.equal(replayed.status, 401)
  t.match(await replayed.json(), { error: 'invalid_client' })
})

t.test('RFC 8693 §2.2.1: the response has only the members of the RFC', async (t) => {
  const { exchange, app } = await start(t)
  const answer = await exchange()
  t.equal(answer.statusCode, 200)
  t.equal(answer.headers['cache-control'], 'no-store')
  const { access_token, ...rest } = answer.json()
  t.strictSame(rest, {
    ...{ issued_token_type: `${TYPE}access_token`, token_type: 'Bearer', expires_in: 7_776_000 },
  })
  t.match(access_token, /^acme_/)
  const { tokenId } = (await app.inject(withToken(access_token))).json()
  t.match(await app.apiTokens.get(tokenId), { name: 'The CI', scopes: [], userId: 'idp:ada' })
})

t.test(
  'an exchanged token expires within 90 days, maxExchangeExpiresIn, expiry.max and expires_in',
  async (t) => {
    for (const [maxExchangeExpiresIn, max, expires_in, expected] of [
      [undefined, undefined, '60', 60],
      [undefined, undefined, '99999999', 7_776_000],
      ['1h', undefined, undefined, 3_600],
      [3_600_000, '10m', undefined, 600],
      ['1h', '10m', '4000', 600],
    ] as const) {
      const { exchange } = await start(t, {
        ...(max && { expiry: { max } }),
        oauth: { ...(maxExchangeExpiresIn && { maxExchangeExpiresIn }) },
      })
      t.equal((await exchange({ ...(expires_in && { expires_in }) })).json().expires_in, expected)
    }
    const { exchange } = await start(t)
    for (const expires_in of ['0', '-1', '1.5', 'soon'])
      t.match((await exchange({ expires_in })).json(), { error: 'invalid_request' })
    const bounded = await start(t, { expiry: { min: '1m' } })
    t.match((await bounded.exchange({ expires_in: '59' })).json(), { error: 'invalid_request' })
    t.equal((await bounded.exchange({ expires_in: '60' })).json().expires_in, 60)
  },
)

t.test(
  'RFC 6749 §3.3: scope is limited to what the user may grant; none of them is invalid_scope',
  async (t) => {
    const { exchange } = await start(t, {
      trusted: { user: ({ sub }) => ({ id: String(sub), scopes: ['models:read', 'chat:write'] }) },
      findUser: () => ({ active: true, scopes: ['models:read'] }),
    })
    t.equal((await exchange({ scope: 'chat:write models:read unknown' })).json().scope, 'models:read')
    t.equal((await exchange({ scope: 'models:read models:read' })).json().scope, 'models:read')
    for (const scope of ['chat:write', 'unknown', 'a"b', 'models:read  chat:write']) {
      const answer = await exchange({ scope })
      t.equal(answer.statusCode, 400, scope)
      t.match(answer.json(), { error: 'invalid_scope' })
    }
  },
)

t.test('promise 8: scopes never exceed those of user() and of the catalogue', async (t) => {
  const user: TrustedIssuer['user'] = ({ sub }) => ({ id: sub, scopes: ['models:read', 'unknown'] })
  const { exchange } = await start(t, { trusted: { user } })
  const answer = await exchange({ scope: 'chat:write models:read unknown' })
  t.equal(answer.statusCode, 200)
  t.equal(answer.json().scope, 'models:read')
})

t.test('RFC 8693 §2.2.2: every invalid subject token is invalid_request', async (t) => {
  const { exchange, provider, app } = await start(t)
  const now = Math.floor(Date.now() / 1000)
  const stranger = providerKey()
  const hmac = await new SignJWT({ iss: provider.issuer, aud: AUDIENCE, sub: 'ada', exp: now + 60 })
    .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
    .sign(Buffer.from(JSON.stringify(provider.keys[0])))
  const good = await provider.sign()
  const none = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${good.split('.')[1]}.`
  for (const [why, subject_token] of [
    ['another issuer', await provider.sign({ iss: 'https://evil.example' })],
    ['no issuer', await provider.sign({ iss: undefined })],
    ['another audience', await provider.sign({ aud: 'https://other.example' })],
    ['no audience', await provider.sign({ aud: undefined })],
    ['expired', await provider.sign({ exp: now - 60 })],
    ['without expiry', await provider.sign({ exp: undefined })],
    ['not yet good', await provider.sign({ nbf: now + 120 })],
    ['no subject', await provider.sign({ sub: undefined })],
    ['an empty subject', await provider.sign({ sub: '' })],
    ['without iat', await provider.sign({ iat: undefined })],
    ['exp as text', await provider.sign({ exp: String(now + 60) })],
    ['iat as text', await provider.sign({ iat: String(now) })],
    ['an exp beyond all dates', await provider.sign({ exp: 1e300 })],
    ['an empty list of audiences', await provider.sign({ aud: [] })],
    ['a list that is not of texts', await provider.sign({ aud: [AUDIENCE, 7] })],
    ['an audience that is no text', await provider.sign({ aud: { [AUDIENCE]: true } })],
    ['its issuer with a slash', await provider.sign({ iss: `${provider.issuer}/` })],
    ['its issuer in a list', await provider.sign({ iss: [provider.issuer] })],
    ['a subject that is a number', await provider.sign({ sub: 7 })],
    ['a jti that is a number', await provider.sign({ jti: 7 })],
    ['crit in its header', await signAnything(provider, { typ: 'at+jwt', crit: ['x'], x: 1 })],
    ['b64 in its header', await signAnything(provider, { typ: 'at+jwt', crit: ['b64'], b64: false })],
    ['a JWT within', await signAnything(provider, { typ: 'at+jwt', cty: 'JWT' }, await provider.sign())],
    ['claims that are a list', await signAnything(provider, { typ: 'at+jwt' }, '[]')],
    ['an encrypted JWT', `${(await provider.sign()).split('.')[0]}....`],
    ['a typ that is a list', await signAnything(provider, { typ: ['at+jwt'] })],
    ['no access token', await provider.sign({}, { typ: 'JWT' })],
    ['no typ', await provider.sign({}, { typ: undefined })],
    ['another key with a known kid', await provider.sign({}, { kid: provider.keys[0]?.kid }, stranger)],
    ['a symmetric algorithm', hmac],
    ['no algorithm', none],
    ['no JWT', 'x'],
    ['no signature', good.split('.').slice(0, 2).join('.')],
  ] as const) {
    const answer = await exchange({ subject_token })
    t.equal(answer.statusCode, 400, why)
    t.equal(answer.json().error, 'invalid_request', why)
  }
  t.equal((await app.apiTokens.list({ userId: 'idp:ada' })).total, 0)
  t.equal(
    (await exchange({ subject_token: await provider.sign({}, { typ: 'application/AT+JWT' }) })).statusCode,
    200,
  )
})

t.test('an API token is not accepted as a subject token', async (t) => {
  const { exchange, app } = await start(t)
  const { token } = await issue(app, 'ada')
  for (const subject_token of [token, token.slice('acme_'.length)]) {
    const answer = await exchange({ subject_token })
    t.equal(answer.statusCode, 400)
    t.match(answer.json(), { error: 'invalid_request', error_description: /is an API token/ })
  }
})

t.test(
  'RFC 9068 §4: an ID token is accepted only as an ID token, and only if the issuer allows them',
  async (t) => {
    const { exchange, provider } = await start(t, {
      trusted: { subjectTokenTypes: ['id_token', 'access_token'] },
    })
    const idToken = await provider.sign({}, { typ: 'JWT' })
    const accessToken = await provider.sign()
    const untyped = await provider.sign({ sub: 'bob' }, { typ: undefined })
    for (const [subject_token, type, status] of [
      [idToken, 'id_token', 200],
      [accessToken, 'access_token', 200],
      [untyped, 'id_token', 200],
      [idToken, 'access_token', 400],
      [accessToken, 'id_token', 400],
      [idToken, 'jwt', 400],
      [idToken, 'saml2', 400],
      [idToken, 'refresh_token', 400],
    ] as const) {
      const answer = await exchange({ subject_token, subject_token_type: `${TYPE}${type}` })
      t.equal(answer.statusCode, status, type)
    }
    const strict = await start(t)
    const refused = { subject_token: await strict.provider.sign({}, { typ: 'JWT' }) }
    t.equal((await strict.exchange({ ...refused, subject_token_type: `${TYPE}id_token` })).statusCode, 400)
    const any = await start(t, { trusted: { subjectTokenTypes: ['jwt'] } })
    const typeless = { subject_token: await any.provider.sign({}, { typ: undefined }) }
    t.equal((await any.exchange({ ...typeless, subject_token_type: `${TYPE}jwt` })).statusCode, 200)
  },
)

t.test('only the algorithms of the issuer are accepted', async (t) => {
  const { exchange } = await start(t, { trusted: { algorithms: ['RS256'] } })
  t.match((await exchange()).json(), { error: 'invalid_request' })
})

t.test('promise 9: the owner must be active and known', async (t) => {
  let active = true
  const { exchange, app, provider } = await start(t, {
    trusted: { user: ({ sub }) => (sub === 'nobody' ? null : { id: `idp:${sub}` }) },
    findUser: () => ({ active }),
  })
  t.equal((await exchange()).statusCode, 200)
  await app.apiTokens.deactivateUser('idp:ada')
  t.match((await exchange()).json(), { error: 'invalid_grant' })
  active = false
  t.match((await exchange({ subject_token: await provider.sign({ sub: 'bob' }) })).json(), {
    error: 'invalid_grant',
  })
  const nobody = await exchange({ subject_token: await provider.sign({ sub: 'nobody' }) })
  t.equal(nobody.statusCode, 400)
  t.match(nobody.json(), { error: 'invalid_grant' })
})

t.test('the event of an exchange names the user and the address of the client', async (t) => {
  for (const singleUse of [false, true]) {
    const { app, exchange } = await start(t, { trusted: { singleUse } })
    const issued: unknown[] = []
    app.apiTokens.events.on('issued', ({ by, reason }) => issued.push([by, reason]))
    await exchange()
    t.same(issued, [[{ kind: 'user', id: 'idp:ada', ip: '127.0.0.1' }, null]])
  }
})

t.test('an exchange calls findUser once, with and without singleUse', async (t) => {
  const asked: string[] = []
  const findUser = (id: string) => {
    asked.push(id)
    return { active: true }
  }
  for (const singleUse of [false, true]) {
    const { exchange } = await start(t, { findUser, trusted: { singleUse } })
    t.equal((await exchange()).statusCode, 200)
    t.same(asked.splice(0), ['idp:ada'], `singleUse: ${singleUse}`)
  }
})

t.test(
  'promise 8: the same sub of two issuers is two users, and each token is revoked on its own',
  async (t) => {
    const second = await startFaultyProvider(t)
    const first = await start(t)
    const { app } = await startHost(t, {
      ...{ issuer: 'https://app.example.com', clock: systemClock },
      oauth: {
        clients: [CI],
        trustedIssuers: [
          trust(first.provider.issuer, { user: ({ sub }) => ({ id: `first:${sub}` }) }),
          trust(second.issuer, { user: ({ sub }) => ({ id: `second:${sub}` }) }),
        ],
      },
    })
    const owners = []
    for (const provider of [first.provider, second]) {
      const members = { grant_type: EXCHANGE, client_id: 'ci', subject_token_type: `${TYPE}access_token` }
      const answer = await app.inject(
        form('/oauth2/token', { ...members, subject_token: await provider.sign() }),
      )
      owners.push((await app.inject(withToken(answer.json().access_token))).json().userId)
    }
    t.same(owners, ['first:ada', 'second:ada'])
  },
)

t.test('RFC 8693 §2.1: missing and unsupported parameters are refused', async (t) => {
  const { exchange, app } = await start(t)
  for (const [members, error] of [
    [{ subject_token: '' }, 'invalid_request'],
    [{ subject_token_type: '' }, 'invalid_request'],
    [{ actor_token: 'x', actor_token_type: `${TYPE}jwt` }, 'invalid_request'],
    [{ actor_token_type: `${TYPE}jwt` }, 'invalid_request'],
    [{ requested_token_type: `${TYPE}refresh_token` }, 'invalid_request'],
    [{ audience: 'https://other.example' }, 'invalid_target'],
    [{ resource: 'https://other.example' }, 'invalid_target'],
    [{ client_id: 'other' }, 'unauthorized_client'],
    [{ name: 'a\u0007b' }, 'invalid_request'],
    [{ requested_token_type: `${TYPE}access_token` }, undefined],
    [{ requested_token_type: `${TYPE}jwt`, audience: 'https://app.example.com' }, undefined],
    [{ resource: 'https://app.example.com' }, undefined],
  ] as const) {
    const answer = await exchange(members)
    t.equal(answer.json().error, error, JSON.stringify(members))
    t.equal(answer.statusCode, error === undefined ? 200 : 400)
  }
  const twice = form(
    '/oauth2/token',
    `grant_type=${EXCHANGE}&client_id=ci&resource=https://app.example.com&resource=https://x.example`,
  )
  t.match((await app.inject(twice)).json(), { error: 'invalid_target' })
})

t.test('an exchange at the limit of tokens is refused', async (t) => {
  const { exchange } = await start(t, { maxTokensPerUser: 1 })
  t.equal((await exchange()).statusCode, 200)
  const answer = await exchange()
  t.equal(answer.statusCode, 400)
  t.match(answer.json(), { error: 'invalid_grant', error_description: /1 API tokens already/ })
})

t.test(
  'promise 8: a subject token is exchanged for a token of a user, never of an organization',
  async (t) => {
    const user = { id: 'org:acme', owners: [{ id: 'org:acme' }] }
    const { app, exchange } = await start(t, { ownerTypes: ['org'], trusted: { user: () => user } })
    const refused = await exchange()
    t.equal(refused.statusCode, 500)
    t.match(refused.json(), { error: 'server_error' })
    t.equal((await app.apiTokens.list({ userId: 'org:acme' })).total, 0)
    user.id = 'ada'
    const { access_token: token } = (await exchange({ owner: 'org:acme' })).json()
    t.equal((await app.inject(withToken(token))).json().userId, 'ada', 'its further owners have no effect')
  },
)

t.test('promise 1: logs, errors and events contain no subject token, secret or credential', async (t) => {
  const provider = await startFaultyProvider(t)
  const lines: string[] = []
  const app = Fastify({ logger: { level: 'trace', stream: { write: (line) => void lines.push(line) } } })
  t.teardown(() => app.close())
  const secret = 'a secret of thirty-two characters'
  await app.register(apiTokens, {
    ...{
      store: memoryTokenStore(),
      keys: [ed25519Key()],
      routes: false,
      issuer: 'https://app.example.com',
    },
    oauth: {
      clients: [{ client_id: 'ci', client_secret: secret, grant_types: [EXCHANGE] }],
      trustedIssuers: [trust(provider.issuer)],
    },
  })
  app.apiTokens.events.on('issued', (event) => void lines.push(JSON.stringify(event)))
  const exchange = (subject_token: string, password = secret) =>
    app.inject(
      form(
        '/oauth2/token',
        { grant_type: EXCHANGE, subject_token, subject_token_type: `${TYPE}access_token` },
        basic('ci', password),
      ),
    )
  const [good, expired, broken] = [
    await provider.sign(),
    await provider.sign({ exp: 1 }),
    `x${await provider.sign()}`,
  ]
  const granted = await exchange(good)
  const { access_token: credential } = granted.json() as { access_token: string }
  t.equal(granted.statusCode, 200)
  const answers = [await exchange(expired), await exchange(broken), await exchange(good, `${secret}!`)]
  provider.answer = (_path, response) => response.writeHead(500).end() instanceof Object
  for (const path of ['introspect', 'revoke'])
    answers.push(await app.inject(form(`/oauth2/${path}`, { token: credential }, basic('ci', secret))))
  const said = [...lines, ...answers.map(({ body }) => body)].join('\n')
  t.match(said, 'an OAuth 2.0 request was refused')
  t.match(said, 'ERR_JWT_EXPIRED', 'the reason is in the log')
  for (const token of [good, expired, broken, credential]) {
    const [, payload = '', signature = ''] = token.split('.')
    t.notOk(said.includes(payload) || said.includes(signature))
  }
  t.notOk(said.includes(secret) || said.includes(basic('ci', secret).authorization.slice(6)))
})

t.test('trusted issuers are checked at boot', async (t) => {
  const own = 'https://app.example.com'
  const good = trust('https://idp.example')
  for (const [trustedIssuers, message] of [
    [{}, /trustedIssuers must be an array/],
    [[{ ...good, issuer: 'idp' }], /\[0\]\.issuer must be an https URL/],
    [[{ ...good, issuer: 'http://idp.example' }], /\[0\]\.issuer must be an https URL/],
    [[{ ...good, issuer: own }], /\[0\]\.issuer is the plugin's own/],
    [[good, good], /\[1\]\.issuer is used by another/],
    [[{ issuer: 'https://idp.example', user: good.user }], /\[0\]\.audience must be/],
    [[{ issuer: 'https://idp.example', audience: 'a' }], /\[0\]\.user must be a function/],
    [[{ ...good, algorithms: ['HS256'] }], /\[0\]\.algorithms must be an array of RS256/],
    [[{ ...good, algorithms: ['none'] }], /\[0\]\.algorithms must be/],
    [[{ ...good, subjectTokenTypes: [] }], /\[0\]\.subjectTokenTypes must be/],
    [[{ ...good, subjectTokenTypes: ['refresh_token'] }], /\[0\]\.subjectTokenTypes must be/],
    [
      [{ ...good, subjectTokenTypes: ['id_token', 'jwt'] }],
      /\[0\]\.subjectTokenTypes: jwt cannot be combined/,
    ],
    [[{ ...good, additionalAudiences: 'b' }], /\[0\]\.additionalAudiences must be an array of strings/],
    [[{ ...good, authorizedParties: ['b', 7] }], /\[0\]\.authorizedParties\[1\] must be a string/],
    [
      [{ ...good, authorizedParties: ['b'] }],
      /\[0\]\.authorizedParties has no effect without id_token in subjectTokenTypes/,
    ],
    [
      [{ ...good, additionalAudiences: ['b'], subjectTokenTypes: ['jwt'] }],
      /\[0\]\.additionalAudiences has no effect without id_token/,
    ],
    [Object.assign([good], { length: 2 }), /trustedIssuers\[1\] must be an object/],
    [[{ ...good, algorithms: new Array(1) }], /\[0\]\.algorithms must be an array of RS256/],
    [[{ ...good, subjectTokenTypes: new Array(1) }], /\[0\]\.subjectTokenTypes must be an array of/],
    [
      [{ ...good, subjectTokenTypes: ['id_token'], authorizedParties: new Array(1) }],
      /\[0\]\.authorizedParties\[0\] must be a string/,
    ],
    [[{ ...good, scopes: ['models:read'] }], /\[0\]\.scopes must be a function/],
    [[{ ...good, singleUse: 'yes' }], /\[0\]\.singleUse must be true or false/],
  ] as const) {
    await t.rejects(startHost(t, { issuer: own, oauth: { trustedIssuers: trustedIssuers as never } }), {
      message,
    })
  }
  await t.rejects(startHost(t, { issuer: own, oauth: { maxExchangeExpiresIn: 3_600 } }), {
    message: /maxExchangeExpiresIn must be whole seconds/,
  })
})
