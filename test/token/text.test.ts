/** What names, descriptions and user ids may say (promise 14). */

import t from 'tap'
import { credentialOf, hintOf, partsOf } from '../../src/token/credential.ts'
import { descriptionFault, lowerAscii, nameFault, userIdFault } from '../../src/token/text.ts'

const CONTROL = 'must not contain control characters'

t.test('promise 14: a name is one line of at most 100 code points', async (t) => {
  for (const name of ['a', ' spaced ', 'é', '𝕏'.repeat(100), 'x'.repeat(100), '<b>']) {
    t.equal(nameFault(name), undefined, JSON.stringify(name))
  }
  for (const blank of ['', ' ', '\t', '\u00a0\u2003']) t.equal(nameFault(blank), 'must not be blank')
  for (const long of ['x'.repeat(101), '𝕏'.repeat(101), `${'𝕏'.repeat(100)}x`, 'x'.repeat(10_000)]) {
    t.equal(nameFault(long), 'must not have more than 100 characters')
  }
  for (const code of [0, 1, 8, 9, 10, 11, 12, 13, 31, 127]) {
    t.equal(nameFault(`a${String.fromCharCode(code)}b`), CONTROL, `U+${code.toString(16)}`)
  }
  for (const lone of ['a\ud800', '\udc00a', '\udc00\ud800']) {
    t.equal(nameFault(lone), 'must not contain lone surrogates')
  }
})

t.test('promise 14: a description may have lines and tabs, and 1,000 code points', async (t) => {
  for (const text of ['a', 'one\ntwo\r\n\tthree', '𝕏'.repeat(1000)])
    t.equal(descriptionFault(text), undefined)
  t.equal(descriptionFault('\n\t\r'), 'must not be blank')
  t.equal(descriptionFault('x'.repeat(1001)), 'must not have more than 1000 characters')
  t.equal(descriptionFault('𝕏'.repeat(1001)), 'must not have more than 1000 characters')
  for (const code of [0, 8, 11, 12, 14, 31, 127]) {
    t.equal(descriptionFault(`a${String.fromCharCode(code)}b`), CONTROL, `U+${code.toString(16)}`)
  }
  t.equal(descriptionFault('a\ud800'), 'must not contain lone surrogates')
})

t.test('promise 14: a user id is a string of at most 255 characters, on one line', async (t) => {
  for (const userId of ['1', 'auth0|ada', 'ada@example.com', 'Ünï', 'x'.repeat(255)]) {
    t.equal(userIdFault(userId), undefined)
  }
  for (const other of [7, null, undefined, {}, ['ada'], true]) t.equal(userIdFault(other), 'must be a string')
  t.equal(userIdFault(''), 'must not be blank')
  t.equal(userIdFault('x'.repeat(256)), 'must not have more than 255 characters')
  t.equal(userIdFault('a\u0000b'), CONTROL)
})

t.test('only the ASCII letters are folded', async (t) => {
  t.equal(lowerAscii('ABC xyz ÉÀ İ ẞ 𝐀'), 'abc xyz ÉÀ İ ẞ 𝐀')
})

t.test('promise 1: a hint is the last four characters', async (t) => {
  t.equal(hintOf('bodhi_eyJ.abc.wxyz'), 'wxyz')
})

t.test(
  'a credential is a JWT behind its prefix, and where it is held the provider’s token after it',
  async (t) => {
    t.same(partsOf('bodhi_a.b.c', 'bodhi_'), { jwt: 'a.b.c', held: undefined })
    t.same(partsOf('a.b.c', ''), { jwt: 'a.b.c', held: undefined })
    t.equal(partsOf('a.b.c', 'bodhi_'), undefined)
    t.equal(partsOf('BODHI_a.b.c', 'bodhi_'), undefined)
    t.same(partsOf('bodhi_a.b.c~r~x', 'bodhi_'), { jwt: 'a.b.c', held: 'r~x' }, 'which may hold any letter')
    t.same(partsOf('a.b.c~', ''), { jwt: 'a.b.c', held: '' })
    for (const held of [undefined, 'r', 'r~x']) {
      t.same(partsOf(credentialOf('p_', 'a.b.c', held), 'p_'), { jwt: 'a.b.c', held })
    }
  },
)
