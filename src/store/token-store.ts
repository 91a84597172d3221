/**
 * The interface of stores. A store reads and writes tokens and owners; it does not decide whether a token is valid.
 *
 * Every method may reject with the error of its driver. The plugin then responds with 503 and neither accepts nor rejects
 * the credential. Ids and user ids are compared by bytes.
 */

import type {
  NewTokenRecord,
  OwnedToken,
  OwnerRecord,
  OwnerStatus,
  StatusReason,
  TokenLimits,
  TokenRecord,
} from '../token/token.ts'
import type { AdministrationStore } from './administration-store.ts'
import type { ChangeFeed } from './change-feed.ts'
import type { DeviceAuthorizationStore } from './device-authorization-store.ts'
import type { PubSub } from './pubsub.ts'
import type { TokenPage, TokenQuery } from './token-query.ts'
import type { DailyUses, RecordUseRules, TokenUse, UsageDays } from './token-use.ts'

export type {
  AdministrationStore,
  EndScope,
  OwnerRange,
  PlacedToken,
  RangePlace,
  RangePosition,
  TokenRange,
} from './administration-store.ts'
export type { PagePosition, SortField, Stretch, TokenPage, TokenQuery } from './token-query.ts'
export { SORT_FIELDS } from './token-query.ts'
export type { DailyUses, RecordUseRules, TokenUse, UsageDays, UseBatch } from './token-use.ts'

/** The outcome of an insert. */
export type InsertOutcome =
  | { readonly outcome: 'inserted'; readonly token: TokenRecord }
  | { readonly outcome: 'owner_inactive' }
  /** The owner has the maximum number of tokens that have not ended. */
  | { readonly outcome: 'limit_reached' }
  /** The owner has the maximum number of ended tokens, and all ended too recently to be deleted. */
  | { readonly outcome: 'ended_limit_reached' }

/**
 * The maximum age of tokens in milliseconds: a token ends at `createdAt + maxAgeMs` if its row does not end it before. Left
 * out or `null`: only the row decides. Instances may have different values.
 */
export type MaxAgeMs = number | null | undefined

/** The limits of an owner's ended tokens. */
export interface EndedRules {
  /** With this number or more, an insert first deletes the oldest of them: at most ten, in its transaction. */
  readonly maxEnded: number
  /** Only tokens that ended before this time may be deleted. */
  readonly deletableBefore: number
  readonly maxAgeMs?: MaxAgeMs
}

export interface InsertRules extends EndedRules {
  /** Maximum number of the owner's tokens that have not ended, including the new one. */
  readonly maxTokens: number
  readonly now: number
}

/** The owner and the time of a change. */
export interface ChangeScope {
  /** If given, the token must belong to this owner, and the owner must be active. */
  readonly userId?: string | undefined
  readonly now: number
}

/** A patch: the fields to change. The statement must not write the fields that are left out. */
export interface TokenPatch {
  readonly name?: string | null
  readonly description?: string | null
  readonly status?: 'active' | 'inactive'
  readonly limits?: SealedLimits
}

/** The limits of a token with the seal of the changed row: all of them are written. */
export interface SealedLimits extends TokenLimits {
  readonly seal: string
  /** The row must still have this seal. Otherwise nothing changes, and the outcome is `unchanged`. */
  readonly previousSeal: string
}

export interface RevokeScope extends ChangeScope {
  /** Left out when the owner or the host revokes the token. */
  readonly reason?: StatusReason | null
  /** Whether to restore the predecessor of an unused successor also after its grace has ended. Default: `false`. */
  readonly undoesRotation?: boolean
}

export interface UpdateScope extends ChangeScope {
  /** A token whose idle clock began before this time is idle, and `active` restarts the clock. `null`: never idle. */
  readonly idleBefore: number | null
  readonly maxAgeMs?: MaxAgeMs
}

/** The outcome of a change: the new row, or the reason why nothing changed. */
export type ChangeOutcome =
  | { readonly outcome: 'changed'; readonly token: TokenRecord }
  /** There was nothing to change: no field was given, or the token is already revoked. */
  | { readonly outcome: 'unchanged'; readonly token: TokenRecord }
  | { readonly outcome: 'not_found' }
  | { readonly outcome: 'owner_inactive' }
  /** The token had ended: revoked, expired, or its owner removed. */
  | { readonly outcome: 'ended'; readonly token: TokenRecord }

/** The outcome of a rotation. `ended_limit_reached` has the same meaning as for an insert. */
export type RotateOutcome = ChangeOutcome | Extract<InsertOutcome, { outcome: 'ended_limit_reached' }>

export interface RotateScope extends ChangeScope, EndedRules {
  /** Until this time both tokens are valid, unless the successor is used before. */
  readonly graceEndsAt: number
  /** The unused successor to replace, or `null`. If the token has another successor, nothing changes. */
  readonly replaces: string | null
  /** The row of the token must still have this seal: otherwise its limits changed, and nothing is written. */
  readonly seal?: string | undefined
}

/** A token and the token that it replaces. */
export interface Succession {
  readonly successorId: string
  readonly predecessorId: string
}

/** Selects idle periods by their start: the time when the token's idle clock began. */
export interface IdlePeriods {
  /** Inclusive. */
  readonly since: number
  /** Exclusive. */
  readonly before: number
  readonly now: number
  readonly maxAgeMs?: MaxAgeMs
}

/** A lease: for a job that one instance runs at a time, or for something that may be used once. */
export interface Lease {
  readonly name: string
  /** A unique name of the instance. */
  readonly holder: string
  /** The duration, by the store's clock. */
  readonly ms: number
}

/**
 * The rows to delete: tokens that ended before a time, counts of days that began before a time, or leases that have run out
 * by the store's clock.
 */
export type PruneTarget =
  | { readonly rows: 'tokens'; readonly endedBefore: number; readonly maxAgeMs?: MaxAgeMs }
  | { readonly rows: 'usage'; readonly before: number }
  | { readonly rows: 'leases' }

export interface TokenStore {
  /** Whether several machines can share the store. Then the option `keys` is required. */
  readonly shared: boolean
  /** Whether the tokens are lost with the process. Without `keys` they are then signed with a key in memory. Default: `false`. */
  readonly volatile?: boolean | undefined
  /** The changes, for other instances. */
  readonly feed: ChangeFeed
  /** Device authorizations (RFC 8628). Only the option `oauth.device` needs them. */
  readonly devices?: DeviceAuthorizationStore | undefined
  /** The option `admin`, and the methods of `app.apiTokens` over all owners, need it. */
  readonly administration?: AdministrationStore | undefined
  /** The pub/sub of the database, if it has one. It is faster than the feed. */
  readonly pubsub?: PubSub | undefined

  /**
   * Whether a retry cannot help after this error of the store, such as a full disk or a missing privilege. The request then
   * gets 500 instead of 503. It must return a boolean, not a promise. Without it, every error is an outage.
   */
  isPermanent?(error: unknown): boolean

  /** Connects, and migrates if the store is set to. Called once, at boot. */
  open(): Promise<void>
  close(): Promise<void>

  /** Whether the store has no tokens. */
  isEmpty(): Promise<boolean>

  /**
   * Inserts a token with its owner's generation, and a row for a new owner. It must check the owner and the limits
   * atomically, with a lock or in one statement. Ended tokens beyond the limit are deleted by `rules`.
   */
  insertToken(token: NewTokenRecord, rules: InsertRules): Promise<InsertOutcome>

  /**
   * Reads tokens and their owners by primary key: at most 256 distinct ids. The map has no entry for an
   * unknown id.
   */
  findTokens(ids: readonly string[]): Promise<ReadonlyMap<string, OwnedToken>>

  findOwner(userId: string): Promise<OwnerRecord | null>

  listTokens(query: TokenQuery): Promise<TokenPage>

  /** Writes the given fields, in one statement that requires a token that has not ended. */
  updateToken(id: string, changes: TokenPatch, scope: UpdateScope): Promise<ChangeOutcome>

  /**
   * Revokes permanently. An already revoked token does not change. If the token is an unused successor, its predecessor is
   * restored in the same transaction, while its grace lasts.
   */
  revokeToken(id: string, scope: RevokeScope): Promise<ChangeOutcome>

  /**
   * Inserts a successor of a token with the owner's generation, and revokes the successor that it replaces. One transaction
   * requires an active token that has not ended, and an active owner. `unchanged`: the token is not active, or a concurrent
   * rotation was first. `maxTokens` does not apply. Ended tokens beyond the limit are deleted as for an insert.
   */
  rotateToken(id: string, successor: NewTokenRecord, scope: RotateScope): Promise<RotateOutcome>

  /**
   * Called for the first use of a successor. Revokes its predecessor and clears `predecessorId` of the successor, in one
   * transaction, unless the successor is revoked. Returns the revoked token, or `null`.
   */
  endPredecessor(succession: Succession, now: number): Promise<TokenRecord | null>

  /** Writes the owner's row. `removed` raises the generation, which revokes all present tokens. */
  setOwnerStatus(userId: string, status: OwnerStatus, now: number): Promise<OwnerRecord>

  /**
   * Records a batch of uses, ordered by token id, in one transaction:
   *
   * - It adds to the total and to the count of the day, and moves the last use and its client forward, never back.
   * - It changes no status, except that a recent use undoes `idle`.
   * - Uses of deleted tokens change no token. Whether they are counted by day does not matter: without the token, nobody reads
   *   them.
   * - It stores `rules.batch` as the last batch of its writer, for `BATCH_MEMORY_MS`. A call with a stored batch changes
   *   nothing.
   */
  recordUses(uses: readonly TokenUse[], rules: RecordUseRules): Promise<void>

  /** The days with use of a token, in order. The plugin asks for at most `usage.dailyRetention`. */
  dailyUses(tokenId: string, days: UsageDays): Promise<readonly DailyUses[]>

  /** Marks at most `limit` active tokens whose idle clock began before `idleBefore` as idle, and returns them. */
  markIdle(idleBefore: number, limit: number): Promise<readonly TokenRecord[]>

  /**
   * Returns at most `limit` active tokens of active owners in such an idle period, and stores that the warning of this period
   * was emitted: a token is returned once per idle period. The next use begins another period.
   */
  listIdleWarnings(periods: IdlePeriods, limit: number): Promise<readonly TokenRecord[]>

  /**
   * Deletes at most `limit` rows, and returns how many. Without the counts of pruned days, the total and the last use of a token
   * do not change. The counts of pruned tokens may stay.
   */
  prune(target: PruneTarget, limit: number): Promise<number>

  /**
   * The newest time in the store (of an issue, use or change), in milliseconds; `null` without tokens. A sweep does nothing
   * while the clock is behind it. Optional, and only for a store that is not shared.
   */
  newestStamp?(): Promise<number | null>

  /** Acquires or renews a lease. Returns whether the holder has it: it was free, had run out, or was the holder's already. */
  acquireLease(lease: Lease): Promise<boolean>

  /** Releases a lease, if the holder has it. */
  releaseLease(lease: Pick<Lease, 'name' | 'holder'>): Promise<void>
}
