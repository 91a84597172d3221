/** The cache's key of a credential is the SHA-256 of all of it. */

import { createHash, randomBytes } from 'node:crypto'
import t from 'tap'
import { digestOf } from '../../src/verification/credential-digest.ts'
import { issue, startHost, statusOf } from '../support/host.ts'

const CREDENTIAL = `head.claims.${randomBytes(32).toString('base64url')}`

t.test('FIPS 180-4: the digest is the SHA-256 of the credential, whatever its length', async (t) => {
  t.equal(digestOf('abc'), 'ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0')
  for (const length of [0, 1, 55, 56, 63, 64, 65, 400, 4_096]) {
    const text = 'x'.repeat(length)
    t.equal(digestOf(text), createHash('sha256').update(text).digest('base64url'), `${length}`)
  }
})

t.test('promise 11: any other text is another key, whichever part of it differs', async (t) => {
  const digest = digestOf(CREDENTIAL)
  for (let at = 0; at < CREDENTIAL.length; at += 1) {
    for (const put of ['', 'x', '.', '\u0141', `${CREDENTIAL[at]}${CREDENTIAL[at]}`]) {
      const other = CREDENTIAL.slice(0, at) + put + CREDENTIAL.slice(at + 1)
      t.equal(digestOf(other) === digest, other === CREDENTIAL, other)
    }
  }
})

t.test('promise 3: a cached credential with any character changed is refused', async (t) => {
  const { app } = await startHost(t)
  const { token } = await issue(app, 'ada')
  t.equal(await statusOf(app, token), 200)
  const changed = (at: number) =>
    `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`
  for (let at = 0; at < token.length; at += 1) t.equal(await statusOf(app, changed(at)), 401, `${at}`)
  t.equal(await statusOf(app, `${token}A`), 401)
  t.equal(await statusOf(app, token.slice(0, -1)), 401)
  t.equal(await statusOf(app, token), 200)
})
