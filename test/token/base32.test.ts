/** Base32 (RFC 4648 §6), in lower case and without padding. */

import { randomBytes } from 'node:crypto'
import t from 'tap'
import { decodeBase32, encodeBase32 } from '../../src/token/base32.ts'

/** By bits, as the RFC explains it. */
function byBits(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  const groups = bits.match(/.{1,5}/g) ?? []
  return groups
    .map((group) => 'abcdefghijklmnopqrstuvwxyz234567'[Number.parseInt(group.padEnd(5, '0'), 2)])
    .join('')
}

function decoded(text: string, length: number): string | undefined {
  const bytes = Buffer.alloc(length)
  return decodeBase32(text, 0, bytes) ? bytes.toString('hex') : undefined
}

t.test('RFC 4648 §10: the test vectors', async (t) => {
  const vectors = { '': '', f: 'my', fo: 'mzxq', foo: 'mzxw6', foob: 'mzxw6yq', fooba: 'mzxw6ytb' }
  for (const [text, base32] of Object.entries(vectors)) {
    t.equal(encodeBase32(Buffer.from(text)), base32)
    t.equal(decoded(base32, text.length), Buffer.from(text).toString('hex'))
  }
  t.equal(encodeBase32(Buffer.from('foobar')), 'mzxw6ytboi')
})

t.test('bytes of every length come back', async (t) => {
  for (let length = 0; length <= 40; length += 1) {
    for (let times = 0; times < 20; times += 1) {
      const bytes = randomBytes(length)
      const text = encodeBase32(bytes)
      if (text !== byBits(bytes)) t.fail('encoded otherwise', { text })
      if (decoded(text, length) !== bytes.toString('hex')) t.fail('decoded otherwise', { text })
    }
  }
})

t.test('any other text is refused: capitals, other characters, unused bits, the end', async (t) => {
  const text = encodeBase32(Buffer.alloc(16))
  for (let at = 0; at < text.length; at += 1) {
    for (const wrong of [
      'A',
      '0',
      '1',
      '8',
      '9',
      '=',
      ' ',
      '-',
      '\0',
      '\x7f',
      '\u0080',
      '\u0161',
      '\u2028',
    ]) {
      const other = text.slice(0, at) + wrong + text.slice(at + 1)
      if (decoded(other, 16) !== undefined) t.fail('decoded', { other })
    }
  }
  for (const last of ['b', 'c', 'd']) t.equal(decoded(text.slice(0, -1) + last, 16), undefined, last)
  t.equal(decoded(`${text.slice(0, -1)}e`, 16), `${'00'.repeat(15)}01`)
  t.equal(decoded(text.slice(0, -1), 16), undefined)
})

t.test('the text before the start is not read', async (t) => {
  const bytes = Buffer.alloc(3)
  t.equal(decodeBase32('ACME_mzxw6', 5, bytes), true)
  t.equal(bytes.toString(), 'foo')
})
