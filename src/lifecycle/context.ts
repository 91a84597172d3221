/** What the operations on tokens work with. */

import type { Clock } from '../clock.ts'
import type { InvalidationBus } from '../invalidation/invalidation-bus.ts'
import type { Signer } from '../keys/signer.ts'
import type { TokenStore } from '../store/token-store.ts'
import type { Audience } from '../token/claims.ts'
import type { TokenPrefixes } from '../token/credential.ts'
import type { UsageRecorder } from '../usage/usage-recorder.ts'
import type { IdentityProvider } from '../verification/identity-provider.ts'
import type { FindUser } from '../verification/look-up-user.ts'
import type { ExpiryPolicy } from './expiry-policy.ts'
import type { ScopeCatalogue } from './scope-catalogue.ts'
import type { TokenEventEmitter } from './token-events.ts'

export interface Context {
  readonly store: TokenStore
  readonly signer: Signer
  readonly clock: Clock
  readonly audience: Audience
  /** The first is for new credentials. */
  readonly tokenPrefixes: TokenPrefixes
  readonly idleTimeoutMs: number | null
  readonly idleWarningMs: number | null
  /** The age at which every token expires, `null` for none. */
  readonly maxAgeMs: number | null
  /** Whether it is kept who used a token last. */
  readonly storesClients: boolean
  readonly maxTokensPerUser: number
  readonly expiry: ExpiryPolicy
  /** For how many days the counts by day are kept. */
  readonly maxUsageDays: number
  readonly findUser: FindUser | undefined
  /** Who holds the tokens, if it is not the plugin alone. */
  readonly identityProvider: IdentityProvider | null
  readonly catalogue: ScopeCatalogue
  readonly recorder: UsageRecorder
  readonly invalidations: InvalidationBus
  readonly events: TokenEventEmitter
  /** Whether this process's clock agrees with that of the store: by one that does not nothing is deleted. */
  isClockTrusted(): boolean
  /** Told when the other instances could not be told to forget a user. */
  onTouchFailed(error: unknown): void
  /** A UUIDv7 of that moment; ids sort by time, also within a millisecond. */
  newId(now: number): string
}

/** Restricts an operation to one user's tokens; left out, it is the host's own. */
export interface OwnerScope {
  readonly userId?: string | undefined
}
