/** The checks behind `identityProvider: offlineTokens(…)`. */

import type { Guard } from './guard.ts'

const tests = ['test/oauth/offline-tokens.test.ts']

export const identityProviderGuards: readonly Guard[] = [
  {
    name: 'identity provider: a refresh token is bound by the signature',
    file: 'src/verification/signed-token.ts',
    remove: '  if (claims.rt_hash !== refreshTokenHash(refreshToken)) return undefined\n',
    put: '',
    tests,
  },
  {
    name: 'identity provider: a credential without a refresh token is refused',
    file: 'src/verification/signed-token.ts',
    remove: '  if ((identityProvider !== null) !== (refreshToken !== undefined)) return undefined\n',
    put: '',
    tests,
  },
  {
    name: 'identity provider: the provider is asked',
    file: 'src/verification/cold-turns.ts',
    remove: 'const refresh = await identityProvider.refresh(refreshToken, clock.now())',
    put: "const refresh = { outcome: 'good', accessToken: 'x'.repeat(30), expiresAt: null } as const",
    tests,
  },
  {
    name: 'identity provider: the record says that the provider has ended it',
    file: 'src/verification/cold-turns.ts',
    remove: "    if (refresh.outcome === 'ended') await endToken(tokenId)\n",
    put: '',
    tests,
  },
  {
    name: 'identity provider: an entry lives no longer than its access token',
    file: 'src/verification/verification.ts',
    remove: 'refresh?.expiresAt ?? Infinity',
    put: 'Infinity',
    tests,
  },
  {
    name: 'identity provider: invalid_grant alone ends a token',
    file: 'src/oauth/provider-client/offline-tokens.ts',
    remove: "error instanceof oauth.ResponseBodyError && error.error === 'invalid_grant'",
    put: 'error instanceof oauth.ResponseBodyError',
    tests,
  },
  {
    name: 'identity provider: a provider that rotates is refused',
    file: 'src/oauth/provider-client/offline-tokens.ts',
    remove: 'response.refresh_token !== undefined && response.refresh_token !== refreshToken',
    put: 'response.refresh_token === refreshToken',
    tests,
  },
  {
    name: 'identity provider: the refresh token of a failed issue is revoked',
    file: 'src/lifecycle/with-refresh-token.ts',
    remove: '    await identityProvider.revoke(refreshToken)\n',
    put: '',
    tests,
  },
  {
    name: 'identity provider: the access token is not serialized',
    file: 'src/verification/verified-token.ts',
    remove: '{ value: entry.accessToken }',
    put: '{ value: entry.accessToken, enumerable: true }',
    tests,
  },
]
