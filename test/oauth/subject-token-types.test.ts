/** Which JWTs of a trusted issuer, all signed with the same keys, may be exchanged (RFC 8725 §3.11). */

import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import { systemClock } from '../../src/clock.ts'
import type { SubjectTokenType, TrustedIssuer } from '../../src/index.ts'
import { startHost } from '../support/host.ts'
import { form } from './oauth-host.ts'
import { AUDIENCE, startFaultyProvider } from './provider.ts'

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const TYPE = 'urn:ietf:params:oauth:token-type:'
const EVENT = 'http://schemas.openid.net/event/backchannel-logout'

type Members = Record<string, unknown>

/** A host that trusts one provider for one type; `exchange` says with which error a token is refused, if it is. */
async function start(t: Test, type: SubjectTokenType, rest: Partial<TrustedIssuer> = {}) {
  const provider = await startFaultyProvider(t)
  const { app } = await startHost(t, {
    ...{ issuer: 'https://app.example.com', clock: systemClock },
    oauth: {
      clients: [{ client_id: 'ci', token_endpoint_auth_method: 'none', grant_types: [EXCHANGE] }],
      trustedIssuers: [
        {
          ...{ issuer: provider.issuer, audience: AUDIENCE, user: ({ sub }) => ({ id: sub }) },
          ...{ subjectTokenTypes: [type], ...rest },
        },
      ],
    },
  })
  const exchange = async (claims: Members, header: Members = {}): Promise<string | undefined> => {
    const subject_token = await provider.sign({ jti: randomUUID(), ...claims }, header)
    const answer = await app.inject(
      form('/oauth2/token', {
        ...{ grant_type: EXCHANGE, client_id: 'ci', subject_token },
        subject_token_type: `${TYPE}${type}`,
      }),
    )
    return answer.json().error
  }
  return { exchange, app }
}

/** Other JWTs of a provider, by claims and header: none of them is a token of any type. */
const OTHERS: readonly [what: string, claims: Members, header: Members][] = [
  ['a token bound by DPoP (RFC 9449 §6.1)', { cnf: { jkt: 'x' } }, {}],
  ['a token bound by mutual TLS (RFC 8705 §3.1)', { cnf: { 'x5t#S256': 'x' } }, {}],
  ['a cnf that is null', { cnf: null }, {}],
  ['a logout token', { events: { [EVENT]: {} }, sid: 's' }, { typ: 'logout+jwt' }],
  ['a logout token under the typ of the type', { events: { [EVENT]: {} } }, {}],
  ['a security event token (RFC 8417)', { events: {} }, { typ: 'secevent+jwt' }],
  ['an introspection response (RFC 9701)', { token_introspection: { active: true } }, {}],
  ['an introspection response by its typ', {}, { typ: 'token-introspection+jwt' }],
  ['a verifiable credential', { vc: { type: ['VerifiableCredential'] } }, {}],
  ['a verifiable presentation', { vp: {} }, {}],
  ['a token of a user whom another party acts for (RFC 8693 §4.1)', { act: { sub: 'agent' } }, {}],
  ['an act that is null', { act: null }, {}],
  ['a token that was issued in the future', { iat: Math.floor(Date.now() / 1000) + 86_400 }, {}],
  ['a token that is issued in two minutes', { iat: Math.floor(Date.now() / 1000) + 120 }, {}],
  ['a DPoP proof', { htm: 'POST', htu: 'https://x.example' }, { typ: 'dpop+jwt' }],
  ['a request object (RFC 9101)', {}, { typ: 'oauth-authz-req+jwt' }],
  ['a client assertion', {}, { typ: 'client-authentication+jwt' }],
  ['a JARM response', { code: 'x', sub: undefined }, {}],
  ['a refresh token of Keycloak', { typ: 'Refresh' }, {}],
  ['an offline token of Keycloak', { typ: 'Offline' }, {}],
  ['a logout token of Keycloak', { typ: 'Logout' }, {}],
  ['a claim typ that is a list', { typ: ['ID'] }, {}],
  ['an API token', {}, { typ: 'api-token+jwt' }],
  ['an unknown typ', {}, { typ: 'x' }],
]

for (const [type, header] of [
  ['access_token', {}],
  ['id_token', { typ: 'JWT' }],
  ['jwt', { typ: 'JWT' }],
] as const) {
  t.test(`RFC 8725 §3.11: other JWTs of the issuer are not accepted as ${type}`, async (t) => {
    const { exchange, app } = await start(t, type)
    for (const [what, claims, other] of OTHERS) {
      t.equal(await exchange(claims, { ...header, ...other }), 'invalid_request', what)
    }
    t.equal((await app.apiTokens.list({ userId: 'ada' })).total, 0)
    t.equal(await exchange({}, header), undefined, 'a token of the type')
  })
}

t.test('an access token is not accepted as an ID token, with any header', async (t) => {
  const { exchange } = await start(t, 'id_token')
  for (const [claims, header] of [
    [{}, { typ: 'at+jwt' }],
    [{}, { typ: 'application/at+jwt' }],
    [{ scope: 'openid' }, { typ: 'JWT' }],
    [{ scope: '' }, { typ: undefined }],
    [{ scp: ['openid'] }, { typ: 'JWT' }],
    [{ client_id: 'app' }, { typ: 'JWT' }],
    [{ appid: 'app', appidacr: '1', roles: ['x'] }, { typ: 'JWT' }],
    [{ idtyp: 'app', azp: AUDIENCE }, { typ: 'JWT' }],
    [{ cid: 'app', uid: 'ada' }, { typ: undefined }],
    [{ gty: 'client-credentials' }, { typ: 'JWT' }],
    [{ authorization_details: [] }, { typ: 'JWT' }],
    [{ token_use: 'access' }, { typ: undefined }],
    [{ typ: 'Bearer' }, { typ: 'JWT' }],
    [{ iat: undefined }, { typ: 'JWT' }],
  ] as const) {
    t.equal(await exchange(claims, header), 'invalid_request', JSON.stringify([claims, header]))
  }
  for (const [claims, header] of [
    [{ typ: 'ID' }, { typ: 'JWT' }],
    [{ token_use: 'id' }, { typ: undefined }],
    [{ nonce: 'n', at_hash: 'h', auth_time: 1, acr: '0' }, { typ: 'jwt' }],
  ] as const) {
    t.equal(await exchange(claims, header), undefined, JSON.stringify([claims, header]))
  }
})

t.test('an ID token is not accepted as an access token', async (t) => {
  const { exchange } = await start(t, 'access_token')
  t.equal(await exchange({}, { typ: 'JWT' }), 'invalid_request')
  t.equal(await exchange({}, { typ: undefined }), 'invalid_request')
  t.equal(await exchange({ typ: 'ID' }), 'invalid_request')
  t.equal(await exchange({ typ: 'Bearer', scope: 'openid', client_id: 'app' }), undefined)
})

t.test(
  'OpenID Connect Core 1.0 §3.1.3.7: every audience of an ID token is trusted, and its azp',
  async (t) => {
    const header = { typ: 'JWT' }
    const { exchange } = await start(t, 'id_token', {
      additionalAudiences: ['second'],
      authorizedParties: ['mobile'],
    })
    for (const claims of [
      { aud: [AUDIENCE, 'other'] },
      { aud: [AUDIENCE, 'second', 'other'] },
      { aud: ['second'] },
      { aud: 'second' },
      { azp: 'other' },
      { azp: 'second' },
      { azp: ['mobile'] },
      { azp: null },
      { azp: '' },
      { aud: [AUDIENCE, 'second'], azp: 'Mobile' },
    ]) {
      t.equal(await exchange(claims, header), 'invalid_request', JSON.stringify(claims))
    }
    for (const claims of [
      { aud: [AUDIENCE] },
      { aud: [AUDIENCE, 'second'] },
      { aud: ['second', AUDIENCE], azp: 'mobile' },
      { azp: AUDIENCE },
    ]) {
      t.equal(await exchange(claims, header), undefined, JSON.stringify(claims))
    }
    const { exchange: strict } = await start(t, 'id_token')
    t.equal(
      await strict({ aud: [AUDIENCE, 'second'] }, header),
      'invalid_request',
      'by default there are no others',
    )
    t.equal(await strict({ azp: 'mobile' }, header), 'invalid_request')
  },
)
