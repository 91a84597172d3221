/** Which scopes were used, as a number: bits beyond the 32 of JavaScript's operators, and none beyond the 53rd. */

import t from 'tap'
import { eitherUsed, usedScopes, withUsedScopes } from '../../src/token/used-scopes.ts'

const GRANTED = Array.from({ length: 60 }, (_, n) => `scope-${n}`)

t.test('used scopes are returned in the order of the token', async (t) => {
  const used = withUsedScopes(withUsedScopes(0, GRANTED, ['scope-40', 'scope-2']), GRANTED, ['scope-0'])
  t.equal(used, 2 ** 40 + 2 ** 2 + 1)
  t.same(usedScopes(used, GRANTED), ['scope-0', 'scope-2', 'scope-40'])
  t.equal(withUsedScopes(used, GRANTED, ['scope-40']), used, 'asked again')
})

t.test('a scope that was not granted, or is after the 53rd, is not recorded', async (t) => {
  t.equal(withUsedScopes(0, ['a'], ['b']), 0)
  t.equal(withUsedScopes(0, GRANTED, ['scope-53', 'scope-59']), 0)
  t.same(usedScopes(withUsedScopes(0, GRANTED, GRANTED), GRANTED), GRANTED.slice(0, 53))
  t.equal(withUsedScopes(0, GRANTED, GRANTED), Number.MAX_SAFE_INTEGER)
})

t.test('two numbers have the bits of both', async (t) => {
  t.equal(eitherUsed(2 ** 52 + 1, 2 ** 40 + 1), 2 ** 52 + 2 ** 40 + 1)
  t.equal(eitherUsed(0, 0), 0)
})
