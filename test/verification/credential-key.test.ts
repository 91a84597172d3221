/** What a credential is known by: its open part as it is, its secret by a digest that is SHA-256 to the letter. */

import { hash, randomBytes } from 'node:crypto'
import t from 'tap'
import { digestToFind, isKeyOf, keyOf, secretAt } from '../../src/verification/credential-key.ts'
import { type Digest, newDigest, ONE_BLOCK, sha256OfShort } from '../../src/verification/short-sha256.ts'

function digestOf(text: string, start = 0): string {
  const digest = newDigest()
  return sha256OfShort(text, start, digest) ? hexOf(digest) : 'refused'
}

function hexOf(digest: Readonly<Digest>): string {
  return Object.values(digest)
    .map((word) => (word >>> 0).toString(16).padStart(8, '0'))
    .join('')
}

function isKnown(known: string, asked: string): boolean {
  const secret = secretAt(asked, 0)
  const digest = digestToFind(asked, secret)
  return digest !== undefined && isKeyOf(keyOf(known), asked.slice(0, secret - 1), digest)
}

t.test('FIPS 180-4: the digest of a text of one block follows the standard', async (t) => {
  t.equal(digestOf('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  t.equal(digestOf(''), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
})

t.test('at every length of one block the digest equals that of OpenSSL', async (t) => {
  for (let length = 0; length <= ONE_BLOCK; length += 1) {
    for (let times = 0; times < 200; times += 1) {
      const text = randomBytes(ONE_BLOCK).toString('base64url').slice(0, length)
      if (digestOf(`before.${text}`, 7) !== hash('sha256', text, 'hex'))
        t.fail('digested otherwise', { text })
    }
  }
  t.equal(digestOf('x'.repeat(ONE_BLOCK)), hash('sha256', 'x'.repeat(ONE_BLOCK), 'hex'))
})

t.test('a text that is not ASCII is not digested', async (t) => {
  for (const character of ['\u0080', '\u00ff', '\u0141', '\u{1f511}'])
    t.equal(digestOf(`abc${character}`), 'refused')
})

t.test('a secret of one block and one of many are found by the same key', async (t) => {
  for (const bytes of [32, 41, 42, 64, 900]) {
    const secret = randomBytes(bytes).toString('base64url')
    t.ok(isKnown(`head.claims.${secret}`, `head.claims.${secret}`))
    t.notOk(isKnown(`head.claims.${secret}`, `head.claims.${secret.slice(1)}`))
    t.notOk(isKnown(`head.claims.${secret}`, `head.claims.${secret}A`))
  }
})

t.test('any other text is another key, whichever part of it differs', async (t) => {
  const credential = `head.claims.${randomBytes(32).toString('base64url')}`
  for (let at = 0; at < credential.length; at += 1) {
    for (const put of ['', 'x', '.', '\u0141', `${credential[at]}${credential[at]}`]) {
      const other = credential.slice(0, at) + put + credential.slice(at + 1)
      t.equal(isKnown(credential, other), other === credential, other)
    }
  }
  t.notOk(isKnown(credential, ''))
  t.notOk(isKnown(credential, 'head'))
})
