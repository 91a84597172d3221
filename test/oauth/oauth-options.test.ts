/** The option `oauth` is checked at boot, member by member. */

import { generateKeyPairSync } from 'node:crypto'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import apiTokens, { type ApiTokensOptions } from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { hs256Key } from '../support/keys.ts'
import { SECRET } from './oauth-host.ts'

const ISSUER = 'https://app.example.com'

async function boot(t: Test, options: ApiTokensOptions, prefix?: string): Promise<unknown> {
  const app = Fastify()
  t.teardown(() => app.close())
  const all = { store: memoryTokenStore(), keys: [hs256Key()], routes: false, ...options } as const
  const registered = prefix
    ? app.register(async (scope) => void (await scope.register(apiTokens, all)), { prefix })
    : app.register(apiTokens, all)
  return registered.ready().then(
    () => undefined,
    (error: unknown) => error,
  )
}

const refused = (message: RegExp) => ({ code: 'FST_API_TOKENS_INVALID_OPTION', message })

for (const issuer of [
  undefined,
  'acme',
  'http://app.example.com',
  'https://app.example.com?tenant=1',
  'https://app.example.com/#x',
  'https://user:word@app.example.com',
  'https://APP.example.com',
  'https://app.example.com/:tenant',
  'ftp://app.example.com',
  'http://127.0.0.1.example.com',
]) {
  t.test(`RFC 8414 §2: oauth is refused with the issuer ${issuer}`, async (t) => {
    t.match(await boot(t, { ...(issuer && { issuer }), oauth: {} }), refused(/oauth needs an issuer/))
  })
}

for (const issuer of [
  'https://a.example',
  'https://a.example/',
  'http://localhost:1',
  'http://127.0.0.1',
  'http://[::1]:1/a',
]) {
  t.test(`RFC 8414 §2: oauth is accepted with the issuer ${issuer}`, async (t) => {
    t.equal(await boot(t, { issuer, oauth: {} }), undefined)
  })
}

t.test('RFC 9728 §1.2: the resource is an https URL of the issuer’s origin', async (t) => {
  t.match(
    await boot(t, { issuer: ISSUER, oauth: { resource: 'mcp' } }),
    refused(/oauth\.resource must be an https/),
  )
  t.match(
    await boot(t, { issuer: ISSUER, oauth: { resource: 'https://other.example' } }),
    refused(/oauth\.resource must have the issuer/),
  )
})

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const jwk = publicKey.export({ format: 'jwk' })

for (const [wrong, message] of [
  [{ client_id: '' }, /clients\[0\]\.client_id must be/],
  [{ client_id: 'a' }, /client_secret must be at least 32/],
  [{ client_id: 'a', client_secret: 'short' }, /client_secret must be at least 32/],
  [
    { client_id: 'a', client_secret: SECRET, token_endpoint_auth_method: 'none' },
    /client_secret is not used/,
  ],
  [{ client_id: 'a', client_secret: SECRET, jwks: { keys: [jwk] } }, /jwks is not used/],
  [{ client_id: 'a', token_endpoint_auth_method: 'tls_client_auth' }, /auth_method must be one of/],
  [{ client_id: 'a', token_endpoint_auth_method: 'private_key_jwt' }, /keys must hold at least one/],
  [
    {
      client_id: 'a',
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [privateKey.export({ format: 'jwk' })] },
    },
    /keys\[0\] must be a public key alone/,
  ],
  [
    {
      client_id: 'a',
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [{ kty: 'oct', k: 'AAAA' }] },
    },
    /keys\[0\] must be a public key alone/,
  ],
  [
    { client_id: 'a', token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [7] } },
    /keys\[0\] must be a JWK/,
  ],
  [{ client_id: 'a', client_secret: SECRET, redirect_uris: [] }, /redirect_uris is not an option/],
  [{ client_id: 'a', client_secret: SECRET, grant_types: 'all' }, /grant_types must be an array/],
  [
    {
      client_id: 'a',
      client_secret: SECRET,
      grant_types: ['urn:ietf:params:oauth:grant-type:token_exchange'],
    },
    /grant_types\[0\] must be one of urn:ietf:params:oauth:grant-type:token-exchange, urn:/,
  ],
  [{ client_id: 'a', client_secret: SECRET, grant_types: ['refresh_token'] }, /grant_types\[0\] must be one/],
  [{ client_id: 'a', client_secret: SECRET, grant_types: [7] }, /grant_types\[0\] must be one/],
  [{ client_id: 'a', client_secret: SECRET, client_name: '\u0007' }, /client_name must not contain control/],
] as const) {
  t.test(`RFC 7591 §2: a client is refused: ${message.source}`, async (t) => {
    const client = wrong as never
    t.match(await boot(t, { issuer: ISSUER, oauth: { clients: [client] } }), refused(message))
  })
}

t.test('RFC 7517 §5: each key of a client is checked, none is skipped', async (t) => {
  const pairOf = (type: 'ec' | 'rsa', options: object) =>
    generateKeyPairSync(type as 'ec', options as { namedCurve: string }).publicKey.export({ format: 'jwk' })
  const p256 = pairOf('ec', { namedCurve: 'P-256' })
  const rsa = pairOf('rsa', { modulusLength: 2048 })
  const withKeys = (keys: unknown, rest: object = {}) =>
    boot(t, {
      issuer: ISSUER,
      oauth: {
        clients: [
          {
            client_id: 'a',
            token_endpoint_auth_method: 'private_key_jwt',
            jwks: { keys, ...rest } as never,
          },
        ],
      },
    })
  t.equal(await withKeys([jwk, { ...p256, alg: 'ES256', use: 'sig', key_ops: ['verify'] }, rsa]), undefined)
  t.equal(await withKeys([jwk], { note: 'other members are ignored' }), undefined)
  t.equal(await withKeys([jwk, { ...p256, kid: 'a' }, { ...p256, kid: 'b' }, { ...p256 }]), undefined)
  t.match(await withKeys(Object.assign([jwk], { length: 2 })), refused(/keys\[1\] must be a JWK/))
  for (const [key, message] of [
    [pairOf('ec', { namedCurve: 'P-384' }), /keys\[1\]\.kty must be OKP on Ed25519, EC on P-256, or RSA/],
    [{ kty: 'OKP', crv: 'X25519', x: jwk.x }, /keys\[1\]\.kty must be/],
    [{ kty: 'AKP' }, /keys\[1\]\.kty must be/],
    [undefined, /keys\[1\] must be a JWK/],
    [jwk, /keys\[1\]\.kid must differ from that of oauth\.clients\[0\]\.jwks\.keys\[0\]/],
    [{ ...p256, x: 'AAAA' }, /keys\[1\] is not a usable key/],
    [{ ...p256, alg: 'ES384' }, /keys\[1\]\.alg must be ES256 for this key/],
    [{ ...rsa, alg: 'RS1' }, /keys\[1\]\.alg must be PS256 or RS256/],
    [{ ...p256, use: 'enc' }, /keys\[1\]\.use must be sig/],
    [{ ...p256, key_ops: ['encrypt'] }, /keys\[1\]\.key_ops must hold verify/],
    [{ ...p256, kid: 7 }, /keys\[1\]\.kid must be a string/],
    [pairOf('rsa', { modulusLength: 1024 }), /keys\[1\] must be of at least 2048 bits/],
  ] as const) {
    t.match(await withKeys([jwk, key]), refused(message))
  }
})

t.test('clients must be a list with distinct ids; unknown members are refused and named', async (t) => {
  const client = { client_id: 'a', client_secret: SECRET }
  const oauths = [
    [{ clients: {} }, /oauth\.clients must be an array/],
    [{ clients: [client, client] }, /clients\[1\]\.client_id is used by another/],
    [{ client: [] }, /oauth\.client is not an option/],
    [{ introspectionCountsAsUse: 'no' }, /introspectionCountsAsUse must be true or false/],
    [true, /oauth must be an object/],
  ] as const
  for (const [oauth, message] of oauths) {
    t.match(await boot(t, { issuer: ISSUER, oauth: oauth as never }), refused(message))
  }
})

t.test('a prefix is refused, because the routes would not be at the URLs of the metadata', async (t) => {
  t.match(await boot(t, { issuer: ISSUER, oauth: {} }, '/api'), refused(/oauth: its routes are at the path/))
})

t.test('RFC 8628: the option device is checked member by member', async (t) => {
  const device = (device: unknown) =>
    boot(t, { issuer: ISSUER, authenticateUser: () => null, oauth: { device } as never })
  t.equal(await device({}), undefined)
  t.equal(
    await device({ expiresIn: '30m', interval: 60_000, signInUrl: 'https://id.example.com/in' }),
    undefined,
  )
  for (const value of ['x', 1, true, null, []])
    t.match(await device(value), refused(/: oauth\.device must be an object$/))
  t.match(await device({ uri: 1 }), refused(/: oauth\.device\.uri is not an option$/))
  for (const [member, max] of [
    ['expiresIn', '31m'],
    ['interval', '61s'],
  ] as const) {
    for (const value of [0, -1, 'soon', '5', null, max])
      t.match(
        await device({ [member]: value }),
        refused(new RegExp(`device\\.${member} must be milliseconds`)),
      )
    // Seconds, as in the protocol, are not durations.
    t.match(await device({ [member]: 5 }), refused(new RegExp(`device\\.${member} must be whole seconds`)))
  }
  t.equal(await device({ maxPending: 1, tokenLifetime: '1s' }), undefined)
  for (const maxPending of [0, -1, 1.5, '5', Infinity, null])
    t.match(await device({ maxPending }), refused(/oauth\.device\.maxPending must be a whole number/))
  for (const tokenLifetime of [0, -1, 'soon', null, 4e15])
    t.match(await device({ tokenLifetime }), refused(/oauth\.device\.tokenLifetime must be milliseconds/))
  t.match(await device({ tokenLifetime: 600 }), refused(/tokenLifetime must be whole seconds/))
  for (const signInUrl of ['', 'sign-in', '//evil.example', 'javascript:alert(1)', 'data:text/html,x', 7])
    t.match(await device({ signInUrl }), refused(/oauth\.device\.signInUrl must be/), String(signInUrl))
  t.match(
    await boot(t, { issuer: ISSUER, oauth: { device: {} } }),
    refused(/: authenticateUser is required with oauth\.device/),
  )
})
