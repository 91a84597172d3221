/** Credentials with invalid signatures on a protected route, for each algorithm: refused without a read or a cache entry. */

import t, { type Test } from 'tap'
import type { SigningJwk } from '../../src/keys/jwk.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { type CountingStore, countingStore } from '../support/counting-store.ts'
import * as forge from '../support/forge.ts'
import { type Host, issue, START, startHost, withToken } from '../support/host.ts'
import { ed25519Key, es256Key, hs256Key } from '../support/keys.ts'

const kinds: [name: string, makeKey: () => SigningJwk][] = [
  ['HS256', hs256Key],
  ['EdDSA', ed25519Key],
  ['ES256', es256Key],
]

interface Scene extends Host {
  readonly key: SigningJwk
  readonly store: CountingStore
  readonly genuine: string
  readonly header: forge.Members
  readonly claims: forge.Members
}

async function scene(t: Test, makeKey: () => SigningJwk): Promise<Scene> {
  const key = makeKey()
  const store = countingStore(memoryTokenStore())
  const host = await startHost(t, { keys: [key], store })
  const { token: genuine } = await issue(host.app, 'ada', { scopes: ['models:read'] })
  return { ...host, key, store, genuine, ...forge.read(genuine) }
}

/** Sends an invalid credential and checks that it causes no read and no change. */
async function refused(t: Test, { app, store }: Scene, name: string, credential: string): Promise<void> {
  const before = { reads: store.reads(), writes: store.writes(), size: app.apiTokens.stats().cache.size }
  const response = await app.inject(withToken(credential))
  t.equal(response.statusCode, 401, name)
  t.same(response.json(), {
    statusCode: 401,
    code: 'FST_API_TOKENS_INVALID',
    error: 'Unauthorized',
    message: 'The API token is not active',
  })
  t.equal(response.headers['www-authenticate'], 'Bearer realm="fastify-api-tokens", error="invalid_token"')
  const after = { reads: store.reads(), writes: store.writes(), size: app.apiTokens.stats().cache.size }
  t.same(after, before, `${name}: no read, no write, no entry`)
}

for (const [algorithm, makeKey] of kinds) {
  t.test(
    `promise 3: ${algorithm} credentials with an invalid signature are refused without a read`,
    async (t) => {
      const host = await scene(t, makeKey)
      const { app, store, key, genuine, header, claims } = host
      const [h = '', p = '', s = ''] = genuine.split('.')
      const stranger = { ...makeKey(), kid: key.kid }
      const signed = (headerChange: forge.Members, claimsChange: forge.Members = {}) =>
        forge.sign(key, { ...header, ...headerChange }, { ...claims, ...claimsChange })
      const [headerText, claimsText] = [JSON.stringify(header), JSON.stringify(claims)]
      const { kid: _kid, ...noKid } = header
      const { typ: _typ, ...noTyp } = header
      const without = (claim: string) =>
        Object.fromEntries(Object.entries(claims).filter(([name]) => name !== claim))

      const forged: Record<string, string | Promise<string>> = {
        truncated: genuine.slice(0, -1),
        'truncated by a part': `${h}.${p}`,
        'its signature empty': `${h}.${p}.`,
        'header alone': `${h}..`,
        extended: `${genuine}A`,
        'extended by a part': `${genuine}.${s}`,
        'padded with =': `${genuine}=`,
        'the parts exchanged': `${p}.${h}.${s}`,
        'not a JWT at all': 'A'.repeat(64),
        dots: '..',
        're-signed with another key': forge.sign(stranger, header, claims),
        're-signed with another key that it names': forge.sign(makeKey(), header, claims),
        'with the attacker’s key in its header': forge.sign(stranger, { ...header, jwk: stranger }, claims),
        'with the address of the attacker’s keys': forge.sign(
          stranger,
          { ...header, jku: 'https://evil.example/jwks.json' },
          claims,
        ),
        'alg none': forge.unsecured({ ...header, alg: 'none' }, claims),
        'alg None': forge.unsecured({ ...header, alg: 'None' }, claims),
        'alg none with the genuine signature': forge.unsecured({ ...header, alg: 'none' }, claims, s),
        'alg empty': forge.unsecured({ ...header, alg: '' }, claims, s),
        'alg a list': forge.unsecured({ ...header, alg: [algorithm] }, claims, s),
        'alg HS512': forge.unsecured({ ...header, alg: 'HS512' }, claims, s),
        'HS256 with an empty secret': forge.hmac('', { ...header, alg: 'HS256' }, claims),
        'HS256 with the kid as the secret': forge.hmac(key.kid, { ...header, alg: 'HS256' }, claims),
        'unknown kid': signed({ kid: 'unknown' }),
        'no kid': forge.sign(key, noKid, claims),
        'empty kid': signed({ kid: '' }),
        'kid with a path': signed({ kid: '../../../../dev/null' }),
        'kid with SQL': signed({ kid: "x' or '1'='1" }),
        'kid __proto__': signed({ kid: '__proto__' }),
        'kid constructor': signed({ kid: 'constructor' }),
        'kid another letter case': signed({ kid: key.kid.toUpperCase() }),
        'no typ': forge.sign(key, noTyp, claims),
        'typ JWT': signed({ typ: 'JWT' }),
        'typ of an access token (RFC 9068)': signed({ typ: 'at+jwt' }),
        'typ longer': signed({ typ: 'api-token+jwt2' }),
        'its spare bits altered': forge.withSpareBits(genuine),
        'no iss': forge.sign(key, header, without('iss')),
        'wrong iss': signed({}, { iss: 'other' }),
        'iss another letter case': signed({}, { iss: 'Fastify-api-tokens' }),
        'a list for iss': signed({}, { iss: ['fastify-api-tokens'] }),
        'no aud': forge.sign(key, header, without('aud')),
        'wrong aud': signed({}, { aud: 'other' }),
        'a list for aud': signed({}, { aud: ['fastify-api-tokens'] }),
        'two audiences': signed({}, { aud: ['fastify-api-tokens', 'other'] }),
        'no sub': forge.sign(key, header, without('sub')),
        'empty sub': signed({}, { sub: '' }),
        'a number for sub': signed({}, { sub: 1 }),
        'a list for sub': signed({}, { sub: ['ada'] }),
        'no jti': forge.sign(key, header, without('jti')),
        'a number for jti': signed({}, { jti: 1 }),
        'a list for jti': signed({}, { jti: [claims['jti']] }),
        'jti in capitals': signed({}, { jti: String(claims['jti']).toUpperCase() }),
        'jti with a blank': signed({}, { jti: `${claims['jti']} ` }),
        'jti no UUIDv7': signed({}, { jti: '4ad1f7ee-9b5a-4c9c-8a57-0f5a4ef1d0c2' }),
        'jti with SQL': signed({}, { jti: "' or 1=1 --" }),
        'no iat': forge.sign(key, header, without('iat')),
        'iat as text': signed({}, { iat: String(claims['iat']) }),
        'iat null': signed({}, { iat: null }),
        'iat 61 s ahead': signed({}, { iat: START / 1000 + 61 }),
        'iat far ahead': signed({}, { iat: 2 ** 40 }),
        'exp as text': signed({}, { exp: '9999999999' }),
        'exp before iat': signed({}, { exp: START / 1000 - 1 }),
        'nbf in the future': signed({}, { nbf: START / 1000 + 3600 }),
        'nbf in the past': signed({}, { nbf: START / 1000 - 3600 }),
        'an unknown claim': signed({}, { admin: true }),
        'an unknown claim that is null': signed({}, { cnf: null }),
        'a number with a fraction for iat': signed({}, { iat: START / 1000 + 0.5 }),
        'an empty scope': signed({}, { scope: '' }),
        'its claims in another order': forge.sign(
          key,
          header,
          Object.fromEntries(Object.entries(claims).reverse()),
        ),
        'its claims with spaces': forge.signText(key, headerText, JSON.stringify(claims, null, 1)),
        'its claims with a line break at the end': forge.signText(key, headerText, `${claimsText}\n`),
        'its claims with an escape': forge.signText(key, headerText, claimsText.replace('ada', '\\u0061da')),
        'iat as 1e3': forge.signText(key, headerText, claimsText.replace(/"iat":\d+/, '"iat":1.7672256e9')),
        'sub twice, the good one last': forge.signText(
          key,
          headerText,
          claimsText.replace('"sub"', '"sub":"eve","sub"'),
        ),
        'sub twice, the good one first': forge.signText(
          key,
          headerText,
          claimsText.replace('}', ',"sub":"eve"}'),
        ),
        'a claim __proto__': forge.signText(key, headerText, claimsText.replace('}', ',"__proto__":{}}')),
        'crit in its header': forge.signText(key, JSON.stringify({ ...header, crit: ['exp'] }), claimsText),
        'b64 in its header': forge.signText(key, JSON.stringify({ ...header, b64: true }), claimsText),
        'its header in another order': forge.signText(
          key,
          JSON.stringify({ kid: key.kid, ...header }),
          claimsText,
        ),
        'a list for scope': signed({}, { scope: ['models:read'] }),
        'claims that are a list': forge.sign(key, header, [claims]),
        'claims that are text': forge.sign(key, header, 'claims'),
        'claims that are null': forge.sign(key, header, null),
      }
      if (algorithm !== 'HS256') {
        forge.publicForms(key).forEach((secret, index) => {
          forged[`HS256 over the public key, form ${index}`] = forge.hmac(
            secret,
            { ...header, alg: 'HS256' },
            claims,
          )
        })
      }
      if (algorithm === 'HS256') {
        const secret = Buffer.from(String(key['k']), 'base64url')
        forged['HS512 with the secret of HS256'] = forge.hmac(
          secret,
          { ...header, alg: 'HS512' },
          claims,
          'sha512',
        )
      }
      if (algorithm === 'ES256') forged['its twin'] = forge.twin(genuine)
      for (const part of [0, 1, 2] as const) {
        for (let bit = 0; bit < 2048; bit += 97) {
          forged[`part ${part}, bit ${bit} flipped`] = forge.withFlippedBit(genuine, part, bit)
        }
      }

      const made = await Promise.all(
        Object.entries(forged).map(async ([name, credential]) => [name, await credential] as const),
      )
      for (const [name, credential] of made) {
        t.not(credential, genuine, name)
        await refused(t, host, name, credential)
      }

      t.equal((await app.inject(withToken(genuine))).statusCode, 200, 'the genuine one, cold')
      const reads = store.reads()
      for (const [name, credential] of made) await refused(t, host, `${name}, warm`, credential)
      t.equal((await app.inject(withToken(genuine))).statusCode, 200)
      t.equal(store.reads(), reads, 'the entry of the genuine one was not touched')
    },
  )

  t.test(`${algorithm}: a credential that another library signs in the same form is accepted`, async (t) => {
    const { app, key, genuine, header, claims } = await scene(t, makeKey)
    t.same(header, { alg: algorithm, typ: 'api-token+jwt', kid: key.kid })
    t.strictSame(claims, {
      iss: 'fastify-api-tokens',
      aud: 'fastify-api-tokens',
      sub: 'ada',
      jti: claims['jti'],
      iat: START / 1000,
      scope: 'models:read',
    })
    for (const credential of [
      genuine,
      await forge.sign(key, header, claims),
      await forge.signText(key, JSON.stringify(header), JSON.stringify(claims)),
    ]) {
      t.equal((await app.inject(withToken(credential))).statusCode, 200)
    }
  })

  t.test(
    `${algorithm}: a valid signature over other claims than the row's is refused each time`,
    async (t) => {
      const key = makeKey()
      const retired = makeKey()
      const store = countingStore(memoryTokenStore())
      const { app } = await startHost(t, { keys: [key, retired], store })
      const { token: genuine, id } = await issue(app, 'ada', { scopes: ['models:read'] })
      const { token: bare } = await issue(app, 'ada')
      const { token: expiring } = await issue(app, 'ada', { expires_in: 3600 })
      const { header, claims } = forge.read(genuine)
      const exp = forge.read(expiring).claims
      const ofBare = forge.read(bare).claims
      const refusals: unknown[] = []
      app.apiTokens.events.on('rejected', (event) => refusals.push(event))
      const forged: Record<string, string> = {
        'another sub': await forge.sign(key, header, { ...claims, sub: 'eve' }),
        'more scope': await forge.sign(key, header, { ...claims, scope: 'models:read chat:write' }),
        'other scope': await forge.sign(key, header, { ...claims, scope: 'chat:write' }),
        'no scope': await forge.sign(key, header, { ...claims, scope: undefined }),
        'scope of its own': await forge.sign(key, header, { ...ofBare, scope: 'models:read' }),
        'issued a second later': await forge.sign(key, header, { ...ofBare, iat: START / 1000 + 1 }),
        'issued long ago': await forge.sign(key, header, { ...ofBare, iat: 0 }),
        'an expiry of its own': await forge.sign(key, header, { ...ofBare, exp: START / 1000 + 3600 }),
        'expired, where the row has not': await forge.sign(key, header, {
          ...exp,
          iat: START / 1000 - 3600,
          exp: START / 1000 - 60,
        }),
        'a second more': await forge.sign(key, header, { ...exp, exp: START / 1000 + 3601 }),
        'no expiry': await forge.sign(key, header, { ...exp, exp: undefined }),
        'the id of another': await forge.sign(key, header, { ...ofBare, jti: claims['jti'] }),
        'signed by a retired key, issued by another': await forge.sign(
          retired,
          { ...header, kid: retired.kid },
          claims,
        ),
      }
      for (const state of ['cold', 'warm']) {
        for (const [name, credential] of Object.entries(forged)) {
          const response = await app.inject(withToken(credential))
          t.equal(response.statusCode, 401, `${name}, ${state}`)
          t.equal(response.json().message, 'The API token is not active')
        }
        t.equal((await app.inject(withToken(genuine))).statusCode, 200)
        t.equal((await app.inject(withToken(bare))).statusCode, 200)
        t.equal((await app.inject(withToken(expiring))).statusCode, 200)
      }
      const reads = store.reads()
      t.equal((await app.inject(withToken(genuine))).statusCode, 200)
      t.equal(store.reads(), reads, 'no forged credential replaced the genuine one')
      t.equal(refusals.length, 2 * Object.keys(forged).length)
      t.match(refusals.at(0), { reason: 'not_as_issued', tokenId: id })
    },
  )
}

t.test('a validly signed token of an unknown id is refused, and the refusal is cached', async (t) => {
  const { app, store, key, header, claims } = await scene(t, hs256Key)
  const jti = '019b76da-a800-7fdc-bfcb-a521939f475d'
  const credential = await forge.sign(key, header, { ...claims, jti })
  const reads = store.reads()
  for (let times = 0; times < 3; times += 1) {
    t.equal((await app.inject(withToken(credential))).statusCode, 401)
  }
  t.equal(store.reads() - reads, 1)
})

t.test('keys of different algorithms: no key verifies a credential that names another key', async (t) => {
  const keys = [hs256Key(), ed25519Key(), es256Key()]
  const { app } = await startHost(t, { keys })
  const { token } = await issue(app, 'ada')
  const { header, claims } = forge.read(token)
  for (const key of keys) {
    for (const { kid } of keys.filter((other) => other !== key)) {
      const credential = await forge.sign(key, { ...header, kid }, claims)
      t.equal((await app.inject(withToken(credential))).statusCode, 401)
    }
  }
  t.equal((await app.inject(withToken(token))).statusCode, 200)
})

t.test('with a prefix, a credential without it or with another is refused', async (t) => {
  const store = countingStore(memoryTokenStore())
  const { app } = await startHost(t, { tokenPrefix: 'bodhi_', store })
  const { token } = await issue(app, 'ada')
  t.match(token, /^bodhi_eyJ/)
  const jwt = token.slice('bodhi_'.length)
  const reads = store.reads()
  for (const credential of [
    jwt,
    `Bodhi_${jwt}`,
    `bodhi${jwt}`,
    `bodhi-${jwt}`,
    `other_${jwt}`,
    `bodhi_bodhi_${jwt}`,
    `${jwt}bodhi_`,
    'bodhi_',
  ]) {
    t.equal((await app.inject(withToken(credential))).statusCode, 401, credential.slice(0, 14))
  }
  t.equal(store.reads(), reads)
  t.equal((await app.inject(withToken(token))).statusCode, 200)
})

t.test('with a list of prefixes new credentials have the first, and all are accepted', async (t) => {
  const store = memoryTokenStore()
  const keys = [hs256Key()]
  const start = async (tokenPrefix: string | string[]) =>
    (await startHost(t, { store, keys, tokenPrefix })).app
  const bare = await issue(await start(''), 'ada')
  const old = await issue(await start('old_'), 'ada')
  const app = await start(['new_', 'ey', 'old_', ''])
  const { token } = await issue(app, 'ada')
  t.match(token, /^new_eyJ/)
  for (const credential of [bare.token, old.token, token]) {
    t.equal((await app.inject(withToken(credential))).statusCode, 200, credential.slice(0, 8))
    t.equal((await app.inject(withToken(credential))).statusCode, 200, 'again, from the cache')
  }
  for (const credential of [`other_${bare.token}`, `new_${token}`, `old_new_${bare.token}`]) {
    t.equal((await app.inject(withToken(credential))).statusCode, 401, credential.slice(0, 14))
  }
  t.equal((await (await start(['new_', 'old_'])).inject(withToken(bare.token))).statusCode, 401)
})
