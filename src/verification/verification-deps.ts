/** What a verification works with, and what it counts. */

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
  readonly signer: Pick<Signer, 'verify' | 'knows'>
  readonly store: Pick<TokenStore, 'findToken'>
  readonly cache: VerificationCache
  readonly recorder: UsageRecorder
  readonly clock: Clock
  readonly audience: Audience
  readonly tokenPrefixes: TokenPrefixes
  readonly idleTimeoutMs: number | null
  /** The age at which every token expires, `null` for none. */
  readonly maxAgeMs: number | null
  readonly ttlMs: number
  readonly findUser: FindUser | undefined
  /** Who holds the tokens, if it is not the plugin alone. */
  readonly identityProvider: IdentityProvider | null
  /** Writes that the provider has ended a token, and announces it. */
  endToken(tokenId: string): Promise<void>
  /** Ends what a rotated token replaces, and announces it. */
  endPredecessor(successorId: string, predecessorId: string): Promise<void>
}

export interface VerificationStats {
  /** Answered from the cache. */
  readonly hits: number
  /** Credentials that were not in the cache. */
  readonly misses: number
  /** Tokens read from the store. */
  readonly loads: number
}
