/** Signing keys are checked when they are read, and errors name the invalid member. */

import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import t from 'tap'
import { readSigningKey, type SigningJwk } from '../../src/keys/jwk.ts'
import { loadKeys, readSigningKeys, signingKeyAt } from '../../src/keys/key-source.ts'
import { keyHintOf } from '../support/compact.ts'
import { ed25519Key, es256Key, hs256Key, publicKey } from '../support/keys.ts'

/** Node.js 26 itself refuses to import such a key. */
const NO_PAIR = /keys\[3\](\.d does not belong to its public key| is not a usable key)/

const context = { storeIsEmpty: async () => true, log: () => undefined, warn: () => undefined }

t.test('RFC 7518 §3.1: the type of a key decides its algorithm', async (t) => {
  t.equal(readSigningKey(hs256Key(), 'keys[0]').algorithm, 'HS256')
  t.equal(readSigningKey(ed25519Key(), 'keys[0]').algorithm, 'EdDSA')
  t.equal(readSigningKey(es256Key(), 'keys[0]').algorithm, 'ES256')
})

t.test('alg and use may be given, and must agree', async (t) => {
  const key = readSigningKey({ ...ed25519Key(), alg: 'EdDSA', use: 'sig', key_ops: ['sign'] }, 'keys[0]')
  t.equal(key.algorithm, 'EdDSA')
})

t.test('a public key verifies only', async (t) => {
  for (const key of [ed25519Key(), es256Key()]) {
    t.type(readSigningKey(key, 'keys[0]').signature, 'string')
    t.equal(readSigningKey(publicKey(key), 'keys[0]').signature, undefined)
    t.equal(readSigningKey(publicKey(key), 'keys[0]').privateHalf, undefined)
    t.equal(readSigningKey(key, 'keys[0]').privateHalf?.length, 32)
    t.equal(
      readSigningKey(publicKey(key), 'keys[0]').verification,
      readSigningKey(key, 'keys[0]').verification,
    )
  }
})

t.test('an error names the invalid member of a key', async (t) => {
  const oct = hs256Key()
  const okp = ed25519Key()
  const ec = es256Key()
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export({ format: 'jwk' })
  const wrong: [unknown, string | RegExp][] = [
    [null, 'keys[3] must be a JWK object'],
    [[], 'keys[3] must be a JWK object'],
    ['secret', 'keys[3] must be a JWK object'],
    [{}, 'keys[3].kty must be oct, OKP or EC'],
    [{ ...oct, kty: 'RSA' }, 'keys[3].kty must be oct, OKP or EC'],
    [{ ...oct, kid: undefined }, 'keys[3].kid must be a string'],
    [{ ...oct, kid: '' }, 'keys[3].kid must be a string'],
    [{ ...oct, kid: 7 }, 'keys[3].kid must be a string'],
    [{ ...oct, kid: 'k'.repeat(256) }, 'keys[3].kid must be a string of at most 255 characters'],
    [{ ...oct, kid: 'a\ud800' }, 'keys[3].kid must not contain lone surrogates'],
    [{ ...oct, kid: 'a\0' }, 'keys[3].kid must not contain control characters'],
    [{ ...oct, kid: ' ' }, 'keys[3].kid must not be blank'],
    [{ ...oct, alg: 'HS512' }, 'keys[3].alg must be HS256 for this key'],
    [{ ...oct, alg: 'none' }, 'keys[3].alg must be HS256 for this key'],
    [{ ...okp, alg: 'HS256' }, 'keys[3].alg must be EdDSA for this key'],
    [{ ...ec, alg: 'ES384' }, 'keys[3].alg must be ES256 for this key'],
    [{ ...oct, use: 'enc' }, 'keys[3].use must be sig'],
    [{ ...oct, key_ops: ['encrypt'] }, 'keys[3].key_ops must hold sign or verify'],
    [{ ...oct, key_ops: 'sign' }, 'keys[3].key_ops must hold sign or verify'],
    [{ ...oct, k: undefined }, 'keys[3].k must be base64url'],
    [{ ...oct, k: '' }, 'keys[3].k must be base64url'],
    [{ ...oct, k: `${oct.k}==` }, 'keys[3].k must be base64url'],
    [{ ...oct, k: randomBytes(31).toString('base64url') }, 'keys[3].k must be of at least 32 bytes'],
    [{ ...okp, crv: 'X25519' }, 'keys[3].crv must be Ed25519'],
    [{ ...ec, crv: 'secp256k1' }, 'keys[3].crv must be P-256'],
    [{ ...p384, kid: 'k' }, 'keys[3].crv must be P-256'],
    [{ ...okp, x: undefined, d: undefined }, 'keys[3] is not a usable key'],
    [{ ...ec, x: 'AAAA' }, 'keys[3] is not a usable key'],
    [{ ...okp, d: 'AAAA' }, 'keys[3] is not a usable key'],
    [{ ...okp, x: 'AAAA' }, 'keys[3] is not a usable key'],
    [{ ...okp, d: ed25519Key().d }, NO_PAIR],
    [{ ...ec, d: es256Key().d }, NO_PAIR],
  ]
  for (const [jwk, message] of wrong) {
    t.throws(() => readSigningKey(jwk, 'keys[3]'), {
      code: 'FST_API_TOKENS_INVALID_OPTION',
      message: typeof message === 'string' ? new RegExp(message.replace(/[[\].]/g, '\\$&')) : message,
    })
  }
})

t.test('promise 2: no error about a key quotes its secret', async (t) => {
  const secrets = [hs256Key().k, ed25519Key().d, es256Key().d].map(String)
  const wrong = [
    { kty: 'oct', kid: '', k: secrets[0] },
    { kty: 'oct', kid: 'k', k: `${secrets[0]}!` },
    { kty: 'OKP', crv: 'Ed25519', kid: 'k', d: secrets[1], x: 'AAAA' },
    { kty: 'EC', crv: 'P-256', kid: 'k', d: secrets[2], x: 'AAAA', y: 'AAAA' },
  ]
  for (const jwk of wrong) {
    try {
      readSigningKey(jwk, 'keys[0]')
      t.fail('it was taken')
    } catch (error) {
      const said = error instanceof Error ? `${error.message} ${error.stack} ${error.cause}` : ''
      for (const secret of secrets) t.notMatch(said, secret)
    }
  }
})

t.test('RFC 7638 §7: the kid of a symmetric key is not its thumbprint', async (t) => {
  const { k } = hs256Key()
  const kid = createHash('sha256').update(`{"k":"${k}","kty":"oct"}`).digest('base64url')
  t.throws(() => readSigningKey({ kty: 'oct', k, kid }, 'keys[0]'), {
    message: /keys\[0\]\.kid must not be the thumbprint of a symmetric key/,
  })
})

t.test('RFC 7517 §5: keys come as an array or a JWK Set, or from a function, at once or later', async (t) => {
  const keys = [hs256Key(), es256Key()]
  const kids = keys.map(({ kid }) => kid)
  const set = { keys, note: 'other members are ignored' }
  for (const source of [keys, () => keys, async () => keys, set, () => set, async () => set]) {
    t.same(
      (await loadKeys(source, context)).map(({ kid }) => kid),
      kids,
    )
  }
})

t.test('keys must be a non-empty list with a private key first and distinct kids', async (t) => {
  const key = ed25519Key()
  const wrong: [unknown, RegExp][] = [
    [() => key, /keys must be an array of JWKs, a JWK Set/],
    [key, /keys must be an array of JWKs, a JWK Set/],
    [{}, /keys must be an array of JWKs, a JWK Set/],
    [{ keys: key }, /keys must be an array of JWKs, a JWK Set/],
    [{ keys: { keys: [key] } }, /keys must be an array of JWKs, a JWK Set/],
    [{ keys: [] }, /keys\.keys must hold at least one JWK/],
    [{ keys: [publicKey(key)] }, /keys\.keys\[0\] must be a private key/],
    [{ keys: [key, { kty: 'RSA' }] }, /keys\.keys\[1\]\.kty/],
    [() => ({ keys: [key, null] }), /keys\.keys\[1\] must be a JWK object/],
    [{ keys: [key, { ...ed25519Key(), use: 'enc' }] }, /keys\.keys\[1\]\.use/],
    [{ keys: [key, { ...hs256Key(), kid: key.kid }] }, /keys\.keys\[1\]\.kid is that of keys\.keys\[0\]/],
    [() => undefined, /keys must be an array of JWKs/],
    [[], /keys must hold at least one JWK/],
    [[publicKey(key)], /keys\[0\] must be a private key/],
    [[key, { ...hs256Key(), kid: key.kid }], /keys\[1\]\.kid is that of keys\[0\]/],
    [[key, hs256Key(), { kty: 'RSA' }], /keys\[2\]\.kty/],
    [[{ ...key, key_ops: ['verify'] }], /keys\[0\]\.key_ops must hold sign: the first one signs/],
    [[{ ...hs256Key(), key_ops: ['verify'] }], /keys\[0\]\.key_ops must hold sign/],
    [[{ ...publicKey(key), key_ops: ['verify'] }], /keys\[0\] must be a private key/],
    [Object.assign([key], { length: 2 }), /keys\[1\] must be a JWK object/],
    [{ keys: Object.assign([key], { length: 2 }) }, /keys\.keys\[1\] must be a JWK object/],
    [new Array(1), /keys\[0\] must be a JWK object/],
  ]
  for (const [source, message] of wrong) {
    await t.rejects(loadKeys(source as Parameters<typeof loadKeys>[0], context), { message })
  }
  await t.resolves(loadKeys([key, publicKey(ed25519Key())], context), 'a retired key may be public')
})

t.test('RFC 7517 §4.3: a private key that may only verify never signs', async (t) => {
  const [signs, verifies] = [hs256Key(), { ...ed25519Key(), key_ops: ['verify'] }]
  const keys = readSigningKeys([{ ...signs, nbf: 9_000_000_000 }, verifies])
  t.equal(signingKeyAt(keys, Date.now()).kid, signs.kid)
})

t.test('an error of the key function fails the boot unchanged', async (t) => {
  const failure = new Error('the vault is sealed')
  const source = () => {
    throw failure
  }
  await t.rejects(loadKeys(source, context), failure)
})

t.test('promise 16: two keys with one hint in compact credentials fail the boot', async (t) => {
  // Twenty bits: two of a few thousand texts have the same hint.
  const kids = new Map<string, string>()
  let pair: [string, string] | undefined
  for (let n = 0; pair === undefined; n += 1) {
    const [kid, hint] = [`key ${n}`, keyHintOf({ kid: `key ${n}` })]
    const same = kids.get(hint)
    if (same !== undefined) pair = [same, kid]
    kids.set(hint, kid)
  }
  const [first, second] = pair.map((kid) => ({ ...hs256Key(), kid }))
  await t.rejects(loadKeys([hs256Key(), first, second] as SigningJwk[], context), {
    message:
      /keys\[2\]\.kid and keys\[1\]\.kid have the same hint in compact credentials: change one of them/,
  })
  await t.resolves(loadKeys([first, hs256Key()] as SigningJwk[], context))
})
