/** The claims of a token (RFC 7519 §4.1): what is written, and how strictly it is read back. */

import t from 'tap'
import { draft, id, NOW } from '../../src/testing/store-contract/records.ts'
import { claimsOf, isTokenId, payloadOf, readClaims } from '../../src/token/claims.ts'

const EXPECTED = { issuer: 'https://host.example', audience: 'api' }
const CLAIMS = { iss: EXPECTED.issuer, aud: 'api', sub: 'ada', jti: id(1), iat: NOW / 1000 }

t.test('a token without scopes and expiry has five claims', async (t) => {
  t.same(claimsOf(draft(1), EXPECTED), CLAIMS)
})

t.test('RFC 8693 §4.2: scopes are one string, absent without scopes', async (t) => {
  t.equal(claimsOf(draft(1, { scopes: ['a', 'b:c'] }), EXPECTED).scope, 'a b:c')
  t.notOk('scope' in claimsOf(draft(1), EXPECTED))
})

t.test('times are whole seconds: issued rounded down, expiry rounded up', async (t) => {
  const claims = claimsOf(draft(1, { createdAt: NOW + 999, expiresAt: NOW + 10_001 }), EXPECTED)
  t.equal(claims.iat, NOW / 1000)
  t.equal(claims.exp, NOW / 1000 + 11)
  t.equal(claimsOf(draft(1, { expiresAt: NOW + 10_000 }), EXPECTED).exp, NOW / 1000 + 10)
  t.notOk('exp' in claimsOf(draft(1), EXPECTED))
})

t.test('written claims are read back, and unknown ones are left out', async (t) => {
  const whole = claimsOf(draft(1, { scopes: ['a'], expiresAt: NOW + 1 }), EXPECTED)
  t.same(readClaims({ ...whole }, EXPECTED, NOW), whole)
  t.same(readClaims({ ...CLAIMS, admin: true, nbf: 1 }, EXPECTED, NOW), CLAIMS)
})

t.test('promise 3: a claim with another value or type makes the credential invalid', async (t) => {
  const wrong: Record<string, unknown[]> = {
    iss: [undefined, '', 'https://host.example/', 'HTTPS://HOST.EXAMPLE', [EXPECTED.issuer], 1, null],
    aud: [undefined, '', 'API', ['api'], ['api', 'other'], null, {}],
    sub: [undefined, '', 7, null, ['ada']],
    jti: [undefined, '', 7, null, [id(1)], 'not-a-uuid', id(10).toUpperCase(), `${id(1)} `, `${id(1)}0`],
    iat: [undefined, null, '1', Number.NaN, Infinity, true, [1], new Date(NOW), 1.5, 2 ** 60],
    exp: [null, '1', [1], {}, true, NOW / 1000 + 1.5, NOW / 1000, 0],
    scope: [null, 1, ['a'], {}, ''],
  }
  for (const [claim, values] of Object.entries(wrong)) {
    for (const value of values) {
      t.equal(
        readClaims({ ...CLAIMS, [claim]: value }, EXPECTED, NOW),
        undefined,
        `${claim}: ${String(value)}`,
      )
    }
  }
  t.equal(readClaims({}, EXPECTED, NOW), undefined)
})

t.test('iat may be at most 60 seconds ahead of the clock', async (t) => {
  const now = NOW + 1
  t.ok(readClaims({ ...CLAIMS, iat: NOW / 1000 + 60 }, EXPECTED, now))
  t.equal(readClaims({ ...CLAIMS, iat: NOW / 1000 + 61 }, EXPECTED, now), undefined)
  t.ok(readClaims({ ...CLAIMS, iat: 0 }, EXPECTED, now), 'it may be long ago')
})

t.test('a payload has one form: compact JSON, members in order, in base64url', async (t) => {
  const whole = claimsOf(draft(1, { scopes: ['a', 'b'], expiresAt: NOW + 1 }), EXPECTED, 'hash')
  const text = Buffer.from(payloadOf(whole), 'base64url').toString()
  t.equal(
    text,
    `{"iss":"https://host.example","aud":"api","sub":"ada","jti":"${id(1)}","iat":${NOW / 1000},` +
      `"exp":${NOW / 1000 + 1},"scope":"a b","rt_hash":"hash"}`,
  )
  const reordered = Object.fromEntries(Object.entries(whole).reverse())
  t.equal(payloadOf(readClaims(reordered, EXPECTED, NOW) ?? whole), payloadOf(whole), 'read back in order')
})

t.test('RFC 9562 §5.7: an id is a UUIDv7 in lower case', async (t) => {
  t.equal(isTokenId('019b7500-0000-7000-8000-000000000001'), true)
  for (const other of [
    '019b7500-0000-4000-8000-000000000001',
    '019b7500-0000-7000-c000-000000000001',
    '019B7500-0000-7000-8000-000000000001',
    '019b7500000070008000000000000001',
    '019b7500-0000-7000-8000-000000000001\n',
    '',
  ]) {
    t.equal(isTokenId(other), false, JSON.stringify(other))
  }
})
