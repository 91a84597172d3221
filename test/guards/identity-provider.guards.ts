/** The checks that hold what is promised of tokens that the identity provider holds. */

import type { Guard } from './guard.ts'

const tests = ['test/oauth/offline-tokens.test.ts']

export const identityProviderGuards: readonly Guard[] = [
  {
    name: 'held: a refresh token is bound by the signature',
    file: 'src/verification/signed-token.ts',
    remove: ' || claims.rt_hash !== refreshTokenHash(held)',
    put: '',
    tests,
  },
  {
    name: 'held: a token that is not held is none where the provider holds them',
    file: 'src/verification/signed-token.ts',
    remove: '(holder !== null) !== (held !== undefined) || ',
    put: '',
    tests,
  },
  {
    name: 'held: the provider is asked',
    file: 'src/verification/verification.ts',
    remove: 'const provider = await holder.refresh(held, clock.now())',
    put: "const provider = { outcome: 'good', accessToken: 'x'.repeat(30), expiresAt: null } as const",
    tests,
  },
  {
    name: 'held: the record says that the provider has ended it',
    file: 'src/verification/verification.ts',
    remove: "    if (provider.outcome === 'ended') await endToken(tokenId)\n",
    put: '',
    tests,
  },
  {
    name: 'held: an entry lives no longer than its access token',
    file: 'src/verification/verification.ts',
    remove: 'provider?.expiresAt ?? Infinity',
    put: 'Infinity',
    tests,
  },
  {
    name: 'held: invalid_grant alone ends a token',
    file: 'src/oauth/provider-client/offline-tokens.ts',
    remove: "error instanceof oauth.ResponseBodyError && error.error === 'invalid_grant'",
    put: 'error instanceof oauth.ResponseBodyError',
    tests,
  },
  {
    name: 'held: a provider that rotates is refused',
    file: 'src/oauth/provider-client/offline-tokens.ts',
    remove: 'answer.refresh_token !== undefined && answer.refresh_token !== held',
    put: 'answer.refresh_token === held',
    tests,
  },
  {
    name: 'held: what comes to nothing is given back',
    file: 'src/lifecycle/hold-token.ts',
    remove: '    await holder.giveBack(held)\n',
    put: '',
    tests,
  },
  {
    name: 'held: the access token is not serialized',
    file: 'src/http/request-token.ts',
    remove: '{ value: entry.accessToken }',
    put: '{ value: entry.accessToken, enumerable: true }',
    tests,
  },
]
