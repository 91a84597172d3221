/** The collaborators of a verification, and its counters. */

import type { Clock } from '../clock.ts'
import type { Signer } from '../keys/signer.ts'
import type { TokenStore } from '../store/token-store.ts'
import type { Audience } from '../token/claims.ts'
import type { TokenPrefixes } from '../token/credential.ts'
import type { UsageRecorder } from '../usage/usage-recorder.ts'
import type { IdentityProvider } from './identity-provider.ts'
import type { FindUser } from './look-up-user.ts'
import type { VerificationCache } from './verification-cache.ts'

export interface VerificationDeps {
  readonly signer: Pick<Signer, 'verify' | 'verifyCompact' | 'isSealed'>
  readonly store: Pick<TokenStore, 'findTokens'>
  readonly cache: VerificationCache
  readonly recorder: UsageRecorder
  readonly clock: Clock
  readonly audience: Audience
  readonly tokenPrefixes: TokenPrefixes
  readonly idleTimeoutMs: number | null
  /** The age at which every token expires; `null` for none. */
  readonly maxAgeMs: number | null
  readonly ttlMs: number
  readonly findUser: FindUser | undefined
  readonly identityProvider: IdentityProvider | null
  /** Revokes a token that the identity provider has ended, and publishes the invalidation. */
  endToken(tokenId: string): Promise<void>
  /** Revokes the predecessor of a rotated token, and publishes the invalidation. */
  endPredecessor(successorId: string, predecessorId: string): Promise<void>
}

/** What verification has counted since the start. */
export interface VerificationStats {
  /** Credentials found in the cache. */
  readonly hits: number
  /** Credentials not found in the cache when they arrived. */
  readonly misses: number
  /** Tokens read from the store. */
  readonly loads: number
}
