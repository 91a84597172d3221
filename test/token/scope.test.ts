/** Scopes (RFC 6749 §3.3). */

import t from 'tap'
import {
  effectiveScopes,
  formatScope,
  isScopeName,
  missingScopes,
  parseScope,
} from '../../src/token/scope.ts'

t.test('RFC 6749 §3.3: exactly the allowed characters are accepted', async (t) => {
  for (let code = 0; code <= 0x100; code += 1) {
    const allowed = code === 0x21 || (code >= 0x23 && code <= 0x5b) || (code >= 0x5d && code <= 0x7e)
    t.equal(isScopeName(`a${String.fromCharCode(code)}b`), allowed, `U+${code.toString(16)}`)
  }
  t.equal(isScopeName(''), false)
  t.equal(isScopeName('é'), false)
  t.equal(isScopeName('a\n'), false)
})

t.test('a scope has at most 128 characters', async (t) => {
  t.equal(isScopeName('s'.repeat(128)), true)
  t.equal(isScopeName('s'.repeat(129)), false)
})

t.test('a list is formatted as one string and parsed back', async (t) => {
  for (const scopes of [[], ['a'], ['models:read', 'chat:write']]) {
    t.same(parseScope(formatScope(scopes)), scopes)
  }
  t.equal(formatScope(['a', 'b']), 'a b')
})

t.test('missing scopes are named, and case matters', async (t) => {
  t.same(missingScopes(['a', 'b', 'C'], ['b', 'c']), ['a', 'C'])
  t.same(missingScopes([], []), [])
  t.same(missingScopes(['a'], ['a', 'b']), [])
})

t.test('promise 8: a token’s scopes are limited to its owner’s, never extended', async (t) => {
  t.same(effectiveScopes(['a', 'b'], ['b', 'c']), ['b'])
  t.same(effectiveScopes(['a', 'b'], []), [])
  t.same(effectiveScopes(['a', 'b'], undefined), ['a', 'b'])
  t.same(effectiveScopes([], ['a']), [])
})
