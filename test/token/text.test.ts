/** The rules for names, descriptions and user ids (promise 14). */

import t from 'tap'
import { credentialOf, hintOf, readCredential } from '../../src/token/credential.ts'
import { descriptionFault, lowerAscii, nameFault, searchFault, userIdFault } from '../../src/token/text.ts'

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

t.test('promise 14: a name or description has no C1 control and no bidirectional control', async (t) => {
  const bidi = [0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069, 0x206a, 0x206f]
  for (const fault of [nameFault, descriptionFault]) {
    for (const code of [0x80, 0x85, 0x90, 0x9b, 0x9f]) {
      t.equal(fault(`a${String.fromCodePoint(code)}b`), CONTROL, `${fault.name} U+${code.toString(16)}`)
    }
    for (const code of bidi) {
      const text = `a${String.fromCodePoint(code)}b`
      t.equal(fault(text), 'must not contain bidirectional controls', `${fault.name} U+${code.toString(16)}`)
    }
  }
})

t.test('promise 14: a name is one line, also by the separators of Unicode', async (t) => {
  for (const separator of ['\u2028', '\u2029']) {
    t.equal(nameFault(`a${separator}b`), 'must not contain line separators')
    t.equal(descriptionFault(`a${separator}b`), undefined)
  }
})

t.test('promise 14: a name or description has a visible character', async (t) => {
  const invisible = [
    ...['\u200b', '\u200d\u200c', '\u2060', '\u00ad', '\u200e\u200f', '\u061c', '\u034f', '\ufe0f', '\u180e'],
    ...['\u3164', '\u115f\u1160', '\uffa0', '\u2800', ' \u2800\u2800 ', '\u{1d159}', '\u{e0041}\u{e007f}'],
    ...['\u0301', ' \u0301', '\u{16fe4}', '\u{13441}', '\u{1d173}', '\ufff9\ufffb'],
  ]
  for (const text of invisible) {
    t.equal(nameFault(text), 'must have a visible character', JSON.stringify(text))
    t.equal(descriptionFault(text), 'must have a visible character', JSON.stringify(text))
    t.equal(nameFault(`a${text}`), undefined, `with a letter: ${JSON.stringify(text)}`)
  }
})

t.test('names of all scripts and emoji sequences are accepted', async (t) => {
  const names = [
    ...['👩‍💻', '👨‍👩‍👧‍👦 laptop', '🏳️‍🌈', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '1️⃣', '❤️', '🇩🇪', '👍🏽'],
    ...['מחשב נייד', 'שָׁלוֹם', 'מפתח\u200f (CI)', 'مفتاح', 'می‌خواهم', '日本語のトークン', 'か\u3099', '한국어'],
    ...[
      'e\u0301',
      'हिन्दी',
      'क्‍ष',
      'ไทย',
      'Zal\u0335\u0321go',
      '<b>',
      '-',
      '⠓⠑⠇⠇⠕',
      '\uf8ff',
      '\u0600'.concat('1'),
    ],
  ]
  for (const name of names) {
    t.equal(nameFault(name), undefined, name)
    t.equal(descriptionFault(name), undefined, name)
  }
})

t.test('promise 14: a search text may be a single mark, on one line', async (t) => {
  for (const part of ['\u0301', 'a', '\u200d', 'a\u2028']) t.equal(searchFault(part), undefined)
  t.equal(searchFault('a\u0085'), CONTROL)
  t.equal(searchFault('x'.repeat(101)), 'must not have more than 100 characters')
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

t.test('only ASCII letters are converted to lower case', async (t) => {
  t.equal(lowerAscii('ABC xyz ÉÀ İ ẞ 𝐀'), 'abc xyz ÉÀ İ ẞ 𝐀')
})

t.test('promise 1: a hint is the last four characters', async (t) => {
  t.equal(hintOf('bodhi_eyJ.abc.wxyz'), 'wxyz')
})

t.test('a credential is a prefix and a JWT, with an identity provider also its refresh token', async (t) => {
  t.same(readCredential('bodhi_a.b.c', ['bodhi_']), [{ jwt: 'a.b.c', refreshToken: undefined }])
  t.same(readCredential('a.b.c', ['']), [{ jwt: 'a.b.c', refreshToken: undefined }])
  t.same(readCredential('a.b.c', ['bodhi_']), [])
  t.same(readCredential('BODHI_a.b.c', ['bodhi_']), [])
  t.same(
    readCredential('bodhi_a.b.c~r~x', ['bodhi_']),
    [{ jwt: 'a.b.c', refreshToken: 'r~x' }],
    'which may hold any letter',
  )
  t.same(readCredential('a.b.c~', ['']), [{ jwt: 'a.b.c', refreshToken: '' }])
  t.same(
    readCredential('eyJ.b.c', ['', 'new_', 'ey']).map(({ jwt }) => jwt),
    ['J.b.c', 'eyJ.b.c'],
    'the empty prefix is tried last',
  )
  for (const refreshToken of [undefined, 'r', 'r~x']) {
    t.same(readCredential(credentialOf('p_', 'a.b.c', refreshToken), ['other_', 'p_']), [
      { jwt: 'a.b.c', refreshToken },
    ])
  }
})
