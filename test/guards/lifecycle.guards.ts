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
    file: 'src/lifecycle/find-endable.ts',
    remove: "if (status === 'revoked' || status === 'expired') return { tokenId, refusal: status }",
    put: '',
    tests: ['test/http/current-token.test.ts'],
  },
  {
    name: 'DELETE /tokens/current: an invalid signature costs no read',
    file: 'src/lifecycle/find-endable.ts',
    remove: "if (signed === undefined) return { tokenId: null, refusal: 'forged' }",
    put: "if (signed === undefined) return { tokenId: null, refusal: (await parts.store.isEmpty()) ? 'forged' : 'forged' }",
    tests: ['test/http/current-token.test.ts'],
  },
  {
    name: 'DELETE /tokens/current: an idle token may end itself',
    file: 'src/lifecycle/find-endable.ts',
    remove: "if (status === 'revoked' || status === 'expired') return",
    put: "if (status !== 'active') return",
    tests: ['test/http/current-token.test.ts'],
  },
]
