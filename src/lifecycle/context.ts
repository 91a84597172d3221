/** The collaborators and settings that the operations on tokens share. */

import type { Clock } from '../clock.ts'
import type { InvalidationBus } from '../invalidation/invalidation-bus.ts'
import type { Signer } from '../keys/signer.ts'
import type { TokenStore } from '../store/token-store.ts'
import type { Actor, GivenActor } from '../token/actor.ts'
import type { Audience } from '../token/claims.ts'
import type { TokenPrefixes } from '../token/credential.ts'
import type { CredentialForm, RevocationReason } from '../token/token.ts'
import type { UsageRecorder } from '../usage/usage-recorder.ts'
import type { IdentityProvider } from '../verification/identity-provider.ts'
import type { FindUser } from '../verification/look-up-user.ts'
import type { AuthorizeIssue } from './authorize-issue.ts'
import type { ExpiryPolicy } from './expiry-policy.ts'
import type { ScopeCatalogue } from './scope-catalogue.ts'
import type { TokenEventEmitter } from './token-events.ts'

/** Functions take a `Pick` of it where they need few members. */
export interface Context {
  readonly store: TokenStore
  readonly signer: Signer
  readonly clock: Clock
  readonly audience: Audience
  /** Of new credentials. */
  readonly credentialForm: CredentialForm
  /** The first is for new credentials. */
  readonly tokenPrefixes: TokenPrefixes
  readonly idleTimeoutMs: number | null
  readonly idleWarningMs: number | null
  /** The age at which every token expires; `null` for none. */
  readonly maxAgeMs: number | null
  /** Whether the client of the last use is stored. */
  readonly storesClients: boolean
  readonly maxTokensPerUser: number
  readonly expiry: ExpiryPolicy
  /** For how many days the daily counts are stored. */
  readonly maxUsageDays: number
  readonly findUser: FindUser | undefined
  readonly authorizeIssue: AuthorizeIssue | undefined
  readonly identityProvider: IdentityProvider | null
  readonly catalogue: ScopeCatalogue
  readonly recorder: UsageRecorder
  readonly invalidations: InvalidationBus
  readonly events: TokenEventEmitter
  /** Whether this process's clock agrees with the store's. Otherwise nothing is deleted by it. */
  isClockTrusted(): boolean
  /** Called when a row that is not as it was sealed was to be rotated, or to get other limits. */
  onNotAsIssued(tokenId: string, refused: 'rotated' | 'changed'): void
  /** Called when the invalidation of a user could not be published. */
  onTouchFailed(error: unknown): void
  /** A new UUIDv7 of this time. Ids sort by time, also within a millisecond. */
  newId(now: number): string
}

/** Restricts an operation to the tokens of one user. Left out: tokens of all users. */
export interface OwnerScope {
  readonly userId?: string | undefined
}

/** Who makes a change by code. */
export interface ChangeOptions {
  /** Stated by the event as `by`. Default: `{ kind: 'code', id: null, ip: null }`. */
  readonly by?: GivenActor | undefined
}

/** Whose token code changes, and who makes the change. */
export interface TokenChangeOptions extends OwnerScope, ChangeOptions {}

export interface RevokeOptions extends TokenChangeOptions {
  /** The `statusReason` of the revoked token. Default: `null`. */
  readonly reason?: RevocationReason | undefined
}

/** An operation that changes a token: restricted to one user's tokens, and made by someone. */
export interface ActingScope extends OwnerScope {
  readonly by: Actor
  /** The HTTP request, for `authorizeIssue`. */
  readonly httpRequest?: object | undefined
}
