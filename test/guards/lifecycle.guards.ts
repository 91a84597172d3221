/** The checks of `src/lifecycle/` that hold the promises. */

import type { Guard } from './guard.ts'

export const lifecycleGuards: readonly Guard[] = [
  {
    name: "promise 8: another user's token cannot be read",
    file: 'src/lifecycle/get-token.ts',
    remove:
      'if (found === null || (userId !== undefined && found.token.userId !== userId)) throw new TokenNotFound()',
    put: 'if (found === null) throw new TokenNotFound()',
    tests: ['test/http/ownership.test.ts'],
  },
  {
    name: "promise 8: granted scopes never exceed the owner's",
    file: 'src/lifecycle/scope-catalogue.ts',
    remove: "if (withheld.length > 0) throw new ScopeNotGrantable(withheld.join(', '))",
    put: '',
    tests: ['test/http/issue-token.test.ts'],
  },
  {
    name: 'DELETE /tokens/current: a token that has ended is refused',
    file: 'src/lifecycle/find-revocable.ts',
    remove: "if (status === 'revoked' || status === 'expired') return { tokenId, rejection: status }",
    put: '',
    tests: ['test/http/current-token.test.ts'],
  },
  {
    name: 'DELETE /tokens/current: an invalid signature costs no read',
    file: 'src/lifecycle/find-revocable.ts',
    remove: "if (signed === undefined) return { tokenId: null, rejection: 'forged' }",
    put: "if (signed === undefined) return { tokenId: null, rejection: (await context.store.isEmpty()) ? 'forged' : 'forged' }",
    tests: ['test/http/current-token.test.ts'],
  },
  {
    name: 'DELETE /tokens/current: an idle token may end itself',
    file: 'src/lifecycle/find-revocable.ts',
    remove: "if (status === 'revoked' || status === 'expired') return",
    put: "if (status !== 'active') return",
    tests: ['test/http/current-token.test.ts'],
  },
  {
    name: 'expiry: null is refused where every token expires',
    file: 'src/lifecycle/expiry-policy.ts',
    remove:
      "    if (maxMs === null) return null\n    throw new InvalidInput('expiresIn must not be null: every token expires')",
    put: '    return null',
    tests: ['test/http/issue-token.test.ts'],
  },
  {
    name: 'expiry: a lifetime outside the bounds is refused',
    file: 'src/lifecycle/expiry-policy.ts',
    remove: ' && ms >= minMs && ms <= max) return ms',
    put: ') return ms',
    tests: ['test/http/issue-token.test.ts'],
  },
  {
    name: 'expiry: a rotation carries over no more than max',
    file: 'src/lifecycle/rotate-token.ts',
    remove: ', maxMs ?? Infinity)',
    put: ', maxMs === null ? Infinity : Infinity)',
    tests: ['test/http/rotate-token.test.ts'],
  },
  {
    name: 'expiry: an option in milliseconds that were meant as seconds is refused',
    file: 'src/lifecycle/expiry-policy.ts',
    remove: 'if (ms % SECOND_MS === 0) return ms',
    put: 'if (ms >= 1) return ms',
    tests: ['test/host/options.test.ts'],
  },
  {
    name: 'expiry: the page gets max',
    file: 'src/http/wire.ts',
    remove: 'maximum: seconds(maxMs)',
    put: 'maximum: seconds(null)',
    tests: ['test/http/signed-in-user.test.ts'],
  },
  {
    name: 'promise 6: the idle warning begins as idleWarning says',
    file: 'src/token/status.ts',
    remove: 'end - idleWarningMs',
    put: 'end',
    tests: ['test/usage/idle-warning.test.ts'],
  },
  {
    name: 'a duration without a unit is refused',
    file: 'src/duration.ts',
    remove: '/[a-z]$/i.test(text) ? parse(text) : undefined',
    put: 'parse(text)',
    tests: ['test/host/code-arguments.test.ts'],
  },
]
