/** Signatures: each key has one algorithm, and each credential one valid form. */

import { createHmac } from 'node:crypto'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import type { SigningJwk } from '../../src/keys/jwk.ts'
import { loadKeys } from '../../src/keys/key-source.ts'
import { createSigner, type TokenSigner } from '../../src/keys/signer.ts'
import { NO_LIMITS } from '../../src/token/token.ts'
import {
  hmac,
  publicForms,
  read,
  sign,
  signText,
  twin,
  unsecured,
  withFlippedBit,
  withSpareBits,
} from '../support/forge.ts'
import { ed25519Key, es256Key, hs256Key, publicKey } from '../support/keys.ts'

const CLAIMS = { iss: 'i', aud: 'a', sub: 'ada', jti: '019b7500-0000-7000-8000-000000000001', iat: 1 }

const KEYS = { HS256: hs256Key, EdDSA: ed25519Key, ES256: es256Key }

for (const [algorithm, makeKey] of Object.entries(KEYS)) {
  t.test(`${algorithm}: what was signed verifies, with the header of an API token`, async (t) => {
    const key = makeKey()
    const signer = await signerOf(t, [key])
    const jwt = signer.signingKey(0).sign(CLAIMS)
    t.same(read(jwt).header, { alg: algorithm, typ: 'api-token+jwt', kid: key.kid })
    t.same(signer.verify(jwt), { kid: key.kid, payload: jwt.split('.')[1], claims: CLAIMS })
    t.same(read(jwt).claims, CLAIMS, 'nothing is added')
  })

  t.test(`promise 3: ${algorithm}: any altered JWT is refused`, async (t) => {
    const key = makeKey()
    const signer = await signerOf(t, [key])
    const jwt = signer.signingKey(0).sign(CLAIMS)
    for (const part of [0, 1, 2] as const) {
      for (const bit of [0, 5, 37, 70]) {
        t.equal(signer.verify(withFlippedBit(jwt, part, bit)), undefined, `bit ${bit} of part ${part}`)
      }
    }
    const [header, claims, signature] = jwt.split('.')
    const altered = {
      'cut short': jwt.slice(0, -1),
      'without a signature': `${header}.${claims}.`,
      'two parts': `${header}.${claims}`,
      'four parts': `${jwt}.${signature}`,
      'with padding': `${jwt}=`,
      'with a space': `${jwt} `,
      'spare bits set': withSpareBits(jwt),
      empty: '',
      'three dots': '...',
    }
    for (const [how, credential] of Object.entries(altered)) {
      if (credential === jwt) t.fail(`${how}: nothing was altered`)
      t.equal(signer.verify(credential), undefined, how)
    }
  })

  t.test(`promise 3: ${algorithm}: the key decides the algorithm, the header never does`, async (t) => {
    const key = makeKey()
    const signer = await signerOf(t, [key])
    const { header } = read(signer.signingKey(0).sign(CLAIMS))
    for (const alg of ['none', 'None', 'HS256', 'HS384', 'EdDSA', 'ES256', 'RS256', undefined]) {
      if (alg === algorithm) continue
      const forged = { ...header, alg }
      t.equal(signer.verify(unsecured(forged, CLAIMS)), undefined, `${alg}, unsigned`)
      t.equal(signer.verify(hmac('', forged, CLAIMS)), undefined, `${alg}, empty secret`)
    }
    for (const other of Object.values(KEYS)) {
      t.equal(signer.verify(await sign(other(), header, CLAIMS)), undefined)
    }
  })
}

t.test('promise 3: the right secret under another HMAC is refused', async (t) => {
  const key = hs256Key()
  const signer = await signerOf(t, [key])
  const secret = Buffer.from(String(key.k), 'base64url')
  for (const [alg, hash] of [
    ['HS384', 'sha384'],
    ['HS512', 'sha512'],
  ] as const) {
    const signed = unsecured({ alg, typ: 'api-token+jwt', kid: key.kid }, CLAIMS).slice(0, -1)
    const signature = createHmac(hash, secret).update(signed).digest('base64url')
    t.equal(signer.verify(`${signed}.${signature}`), undefined, alg)
  }
})

t.test('promise 3: a public key is not accepted as an HMAC secret', async (t) => {
  for (const key of [ed25519Key(), es256Key()]) {
    const signer = await signerOf(t, [key])
    for (const alg of ['HS256', 'EdDSA', 'ES256']) {
      for (const secret of publicForms(key)) {
        const forged = hmac(secret, { alg, typ: 'api-token+jwt', kid: key.kid }, CLAIMS)
        t.equal(signer.verify(forged), undefined)
      }
    }
  }
})

t.test('ES256: of the two signatures that verify, one is issued and accepted', async (t) => {
  const key = es256Key()
  const signer = await signerOf(t, [key])
  for (let n = 0; n < 40; n += 1) {
    const jwt = signer.signingKey(0).sign({ ...CLAIMS, iat: n })
    t.same(signer.verify(jwt)?.claims, { ...CLAIMS, iat: n })
    t.equal(signer.verify(twin(jwt)), undefined)
  }
})

t.test('RFC 8725 §3.11: another typ and a missing typ are refused', async (t) => {
  const key = hs256Key()
  const signer = await signerOf(t, [key])
  const { header } = read(signer.signingKey(0).sign(CLAIMS))
  for (const typ of ['JWT', 'at+jwt', 'API-TOKEN+JWT ', '', undefined]) {
    t.equal(signer.verify(await sign(key, { ...header, typ }, CLAIMS)), undefined, String(typ))
  }
})

t.test('promise 3: a genuine signature under any other header is refused', async (t) => {
  for (const makeKey of Object.values(KEYS)) {
    const key = makeKey()
    const signer = await signerOf(t, [key])
    const { header } = read(signer.signingKey(0).sign(CLAIMS))
    const { alg, typ, kid } = header
    t.ok(signer.verify(await sign(key, header, CLAIMS)), 'the header as it is written')
    for (const other of [
      { alg, kid, typ },
      { ...header, crit: ['exp'], exp: 1 },
      { ...header, crit: [] },
      { ...header, b64: false, crit: ['b64'] },
      { ...header, b64: true },
      { ...header, cty: 'JWT' },
      { ...header, zip: 'DEF' },
      { ...header, jku: 'https://evil.example' },
      { ...header, typ: 'application/api-token+jwt' },
      { ...header, 'x5t#S256': 'x' },
    ]) {
      t.equal(signer.verify(await signText(key, JSON.stringify(other))), undefined, JSON.stringify(other))
    }
    const text = JSON.stringify(header)
    for (const other of [
      ` ${text}`,
      text.replaceAll(',', ', '),
      text.replace('{', `{"kid":"x",`),
      text.replace('}', `,"kid":${JSON.stringify(kid)}}`),
      text.replace('api-token', '\\u0061pi-token'),
    ]) {
      t.equal(signer.verify(await signText(key, other)), undefined, other)
    }
  }
})

t.test('RFC 7515 §4.1.4: kid selects one of the current keys', async (t) => {
  const key = hs256Key()
  const signer = await signerOf(t, [key])
  const { header } = read(signer.signingKey(0).sign(CLAIMS))
  for (const kid of [
    undefined,
    '',
    'other',
    '../../etc/passwd',
    '__proto__',
    'constructor',
    7,
    null,
    [key.kid],
  ]) {
    t.equal(signer.verify(await sign(key, { ...header, kid }, CLAIMS)), undefined, String(kid))
  }
})

t.test('a header that is no JSON, or no object, is refused', async (t) => {
  const signer = await signerOf(t, [hs256Key()])
  for (const text of ['no json', 'null', '1', '"kid"', '[]', '']) {
    const header = Buffer.from(text).toString('base64url')
    t.equal(signer.verify(`${header}.e30.AAAA`), undefined, text)
  }
})

t.test('a payload that is no object is refused', async (t) => {
  const key = hs256Key()
  const signer = await signerOf(t, [key])
  const { header } = read(signer.signingKey(0).sign(CLAIMS))
  for (const payload of ['a string', 7, null, ['list']]) {
    const verified = signer.verify(await sign(key, header, payload))
    t.equal(typeof verified?.payload === 'object' && !Array.isArray(verified.payload), false)
  }
})

t.test('the first key signs, all with a private half verify', async (t) => {
  const [old, now] = [es256Key(), ed25519Key()]
  const before = await signerOf(t, [old])
  const after = await signerOf(t, [now, old])
  t.equal(after.signingKey(0).kid, now.kid)
  t.equal(after.verify(before.signingKey(0).sign(CLAIMS))?.kid, old.kid)
  t.equal(before.verify(after.signingKey(0).sign(CLAIMS)), undefined)
  t.equal(after.verify(after.signingKey(0).sign(CLAIMS))?.kid, now.kid)
})

t.test('promise 3: a key without its private half verifies nothing: it cannot check seals', async (t) => {
  for (const makeKey of [es256Key, ed25519Key]) {
    const [old, now] = [makeKey(), hs256Key()]
    const before = (await signerOf(t, [old])).signingKey(0)
    const after = await signerOf(t, [now, publicKey(old)])
    t.equal(after.verify(before.sign(CLAIMS)), undefined)
    const row = sealedRow(before)
    t.equal(after.isSealed(row), false)
    t.equal((await signerOf(t, [now, old])).isSealed(row), true)
  }
})

t.test('a key that may only verify (key_ops) verifies, and checks seals', async (t) => {
  for (const makeKey of Object.values(KEYS)) {
    const [old, now] = [makeKey(), hs256Key()]
    const before = (await signerOf(t, [old])).signingKey(0)
    const after = await signerOf(t, [{ ...now }, { ...old, key_ops: ['verify'] }])
    t.equal(after.verify(before.sign(CLAIMS))?.kid, old.kid)
    t.equal(after.isSealed(sealedRow(before)), true)
  }
})

t.test('the signature is verified without exp and nbf', async (t) => {
  const key = hs256Key()
  const signer = await signerOf(t, [key])
  const { header } = read(signer.signingKey(0).sign(CLAIMS))
  const claims = { ...CLAIMS, exp: 1, nbf: 9_999_999_999 }
  t.same(signer.verify(await sign(key, header, claims))?.claims, claims)
})

function sealedRow(key: TokenSigner) {
  const row = {
    id: CLAIMS.jti,
    userId: 'ada',
    kid: key.kid,
    scopes: [],
    createdAt: 1,
    expiresAt: null,
    ...NO_LIMITS,
  }
  return { ...row, form: 'jwt', seal: key.seal({ ...row, form: 'jwt' }) } as const
}

async function signerOf(t: Test, keys: readonly SigningJwk[]) {
  const app = Fastify()
  t.teardown(() => app.close())
  const context = { storeIsEmpty: async () => true, log: () => undefined, warn: () => undefined }
  return createSigner(app, await loadKeys(keys, context))
}
