/** Each signature has one valid form: canonical base64url, and low-S for ES256. */

import { generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto'
import t from 'tap'
import { isCanonicalBase64url } from '../../src/keys/base64url.ts'
import { hasLowS, withLowS } from '../../src/keys/es256-low-s.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

t.test('RFC 4648 §3.5: only the text that an encoder writes is canonical', async (t) => {
  for (let length = 0; length <= 64; length += 1) {
    const bytes = randomBytes(length)
    const text = bytes.toString('base64url')
    t.equal(isCanonicalBase64url(text), true, text)
    const spellings = [...ALPHABET].map((last) => text.slice(0, -1) + last)
    const same = spellings.filter((spelling) => Buffer.from(spelling, 'base64url').equals(bytes))
    if (length > 0) t.same(same.filter(isCanonicalBase64url), [text], `${same.length} spellings of ${text}`)
  }
})

t.test('a length that no encoder writes is not canonical', async (t) => {
  for (const text of ['A', 'AAAAA', 'AAAAAAAAA']) t.equal(isCanonicalBase64url(text), false)
})

t.test('a last character outside of the alphabet is not canonical where it carries spare bits', async (t) => {
  for (const text of ['A=', 'A+', 'AA/', 'AA=']) t.equal(isCanonicalBase64url(text), false, text)
})

t.test('ES256: both signatures verify, the one with the lower s is issued', async (t) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const text = Buffer.from('text')
  const holds = (signature: string) =>
    verify('sha256', text, { key: publicKey, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'))
  const kinds = new Set<boolean>()
  for (let n = 0; n < 64; n += 1) {
    const signature = sign('sha256', text, { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString(
      'base64url',
    )
    kinds.add(hasLowS(signature))
    const low = withLowS(signature)
    t.ok(hasLowS(low) && holds(low) && holds(signature))
    t.equal(low === signature, hasLowS(signature))
    t.equal(withLowS(low), low)
  }
  t.same(kinds, new Set([true, false]), 'a signer makes both kinds')
})

t.test('ES256: the limit is half of the order, and leading zeros are kept', async (t) => {
  const half = ORDER >> 1n
  t.equal(hasLowS(withS(half)), true)
  t.equal(hasLowS(withS(half + 1n)), false)
  t.equal(withLowS(withS(half + 1n)), withS(half))
  t.equal(withLowS(withS(ORDER - 1n)), withS(1n))
})

/** A signature of this s, its r all ones. */
function withS(s: bigint): string {
  return Buffer.from('11'.repeat(32) + s.toString(16).padStart(64, '0'), 'hex').toString('base64url')
}
