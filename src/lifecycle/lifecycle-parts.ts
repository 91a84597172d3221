/** What the operations on tokens work with. */

import type { Clock } from '../clock.ts'
import type { TokenChanges } from '../invalidation/token-changes.ts'
import type { Signer } from '../keys/signer.ts'
import type { TokenStore } from '../store/token-store.ts'
import type { Audience } from '../token/claims.ts'
import type { UsageRecorder } from '../usage/usage-recorder.ts'
import type { FindUser } from '../verification/owner-word.ts'
import type { ScopeCatalogue } from './scope-catalogue.ts'
import type { TokenEventEmitter } from './token-events.ts'

export interface LifecycleParts {
  readonly store: TokenStore
  readonly signer: Signer
  readonly clock: Clock
  readonly audience: Audience
  readonly tokenPrefix: string
  readonly idleTimeoutMs: number | null
  readonly maxTokensPerUser: number
  /** Seconds; with it every token expires. */
  readonly maxExpiresIn: number | null
  readonly findUser: FindUser | undefined
  readonly catalogue: ScopeCatalogue
  readonly recorder: UsageRecorder
  readonly changes: TokenChanges
  readonly events: TokenEventEmitter
  /** A UUIDv7 of that moment; ids sort by time, also within a millisecond. */
  newId(now: number): string
}

/** Restricts an operation to one user's tokens; left out, it is the host's own. */
export interface OwnerScope {
  readonly userId?: string | undefined
}
