/**
 * The port to a database. A store keeps tokens and owners and answers with what it kept; it judges nothing.
 *
 * Every method may reject, with whatever the driver threw: the plugin answers an outage (503) then, never a
 * refusal and never a pass. Ids and user ids are compared byte by byte.
 */

import type {
  OwnedToken,
  OwnerRecord,
  OwnerStatus,
  StatusReason,
  TokenRecord,
  UnownedToken,
} from '../token/token.ts'
import type { ChangeFeed } from './change-feed.ts'
import type { DeviceAuthorizationStore } from './device-authorization-store.ts'
import type { PubSub } from './pubsub.ts'
import type { TokenPage, TokenQuery } from './token-query.ts'
import type { DailyUses, RecordUseRules, TokenUse } from './token-use.ts'

export type { PagePosition, SortField, Stretch, TokenPage, TokenQuery } from './token-query.ts'
export { SORT_FIELDS } from './token-query.ts'
export type { DailyUses, RecordUseRules, TokenUse, UseBatch } from './token-use.ts'

/** What became of an INSERT. */
export type InsertOutcome =
  | { readonly outcome: 'inserted'; readonly token: TokenRecord }
  | { readonly outcome: 'owner_inactive' }
  /** The owner has as many tokens that have not ended as are allowed. */
  | { readonly outcome: 'limit_reached' }
  /** The owner has as many ended tokens as are kept, and all of them ended too recently to be deleted. */
  | { readonly outcome: 'ended_limit_reached' }

/**
 * The age at which every token expires, in milliseconds, whatever its row says: on or after `createdAt + maxAgeMs` it has
 * ended. Left out or `null`: the row alone decides. Instances may differ in it.
 */
export type MaxAgeMs = number | null | undefined

/** What bounds the ended tokens of an owner. */
export interface EndedRules {
  /** With so many or more, an insert first deletes the oldest of them: at most ten, in its transaction. */
  readonly maxEnded: number
  /** Only a token that ended before this moment is deleted. */
  readonly deletableBefore: number
  readonly maxAgeMs?: MaxAgeMs
}

export interface InsertRules extends EndedRules {
  /** How many tokens that have not ended the owner may have, the new one included. */
  readonly maxTokens: number
  readonly now: number
}

/** Whose token a change is for, and at what moment. */
export interface ChangeScope {
  /** With it, only this owner's token is found, and only while the owner is active. */
  readonly userId?: string | undefined
  readonly now: number
}

/** The fields to change; one left out is left alone, by the statement itself. */
export interface TokenPatch {
  readonly name?: string | null
  readonly description?: string | null
  readonly status?: 'active' | 'inactive'
}

export interface RevokeScope extends ChangeScope {
  /** Left out: none, its owner or the host has revoked it. */
  readonly reason?: StatusReason | null
  /** Whether the predecessor of an unused successor is as it was before also when its grace has ended. Default: false. */
  readonly undoesRotation?: boolean
}

export interface UpdateScope extends ChangeScope {
  /** A token idle since before this moment counts as inactive, and `active` wakes it. `null`: never idle. */
  readonly idleBefore: number | null
  readonly maxAgeMs?: MaxAgeMs
}

/** The outcome of a change: the row after it, or the reason why nothing changed. */
export type ChangeOutcome =
  | { readonly outcome: 'changed'; readonly token: TokenRecord }
  /** There was nothing to change: no field was given, or the token is revoked already. */
  | { readonly outcome: 'unchanged'; readonly token: TokenRecord }
  | { readonly outcome: 'not_found' }
  | { readonly outcome: 'owner_inactive' }
  /** The token had ended: revoked, expired, or its owner removed. */
  | { readonly outcome: 'ended'; readonly token: TokenRecord }

/** What became of a rotation; `ended_limit_reached` as of an insert. */
export type RotateOutcome = ChangeOutcome | Extract<InsertOutcome, { outcome: 'ended_limit_reached' }>

export interface RotateScope extends ChangeScope, EndedRules {
  /** Until when both work, unless the successor is used before. */
  readonly graceEndsAt: number
  /** The unused successor that the new one replaces, `null` for none: another than this, and nothing changes. */
  readonly replaces: string | null
}

/** A token and the one that it replaces. */
export interface Succession {
  readonly successorId: string
  readonly predecessorId: string
}

/** Spells of idleness, by the moments at which their tokens' idle clocks began. */
export interface IdlePeriods {
  /** Those that began at this moment or later… */
  readonly since: number
  /** … and before this one. */
  readonly before: number
  readonly now: number
  readonly maxAgeMs?: MaxAgeMs
}

/** A piece of work that one instance does at a time, or what can be had once. */
export interface Lease {
  readonly name: string
  /** The instance that wants it, by a name that no other has. */
  readonly holder: string
  /** For how long, by the store's clock; 0 gives it back. */
  readonly ms: number
}

export interface TokenStore {
  /** Whether several machines may share it: then the signing keys must be given to each. */
  readonly shared: boolean
  /** Whether its tokens end with this process: without `keys` they are signed with a key in memory. Default `false`. */
  readonly volatile?: boolean | undefined
  /** What was changed, for the instances that did not change it. */
  readonly feed: ChangeFeed
  /** What programs without a browser wait for (RFC 8628). */
  readonly devices: DeviceAuthorizationStore
  /** A messenger of its own that is quicker than the feed, where the database has one. */
  readonly pubsub?: PubSub | undefined

  /**
   * Whether waiting does not correct an error that a method of this store threw, such as a full disk or a missing
   * privilege: the request then gets 500 instead of 503. Called within the call, so it returns no promise. Left out:
   * every error is an outage.
   */
  isPermanent?(error: unknown): boolean

  /** Opens and, where it does so, migrates. Called once, at boot. */
  open(): Promise<void>
  close(): Promise<void>

  /** Whether it holds no token at all. */
  isEmpty(): Promise<boolean>

  /**
   * Inserts a token with its owner's generation, under a lock or in one statement that also requires an active owner
   * and the limits. An owner that is new gets a row first. Ended tokens beyond the limit are deleted as `rules` say.
   */
  insertToken(token: UnownedToken, rules: InsertRules): Promise<InsertOutcome>

  /** One read, by primary key, the owner's row joined. */
  findToken(id: string): Promise<OwnedToken | null>

  findOwner(userId: string): Promise<OwnerRecord | null>

  listTokens(query: TokenQuery): Promise<TokenPage>

  /** Changes just the given fields, in one statement that requires a token that has not ended. */
  updateToken(id: string, changes: TokenPatch, scope: UpdateScope): Promise<ChangeOutcome>

  /**
   * Revokes permanently, for a reason if there is one; a token that is revoked already stays as it is. With an unused successor goes its rotation,
   * in the same transaction: the predecessor, while its grace lasts, is as it was before.
   */
  revokeToken(id: string, scope: RevokeScope): Promise<ChangeOutcome>

  /**
   * Gives a token its successor, inserts that with the owner's generation, and revokes the one that it replaces, in
   * one transaction that requires an active token that has not ended, of an active owner. `unchanged` when the token
   * is not active or another rotation was quicker. The limit of tokens does not count: one takes another's place. Ended
   * tokens beyond the limit are deleted as for an insert.
   */
  rotateToken(id: string, successor: UnownedToken, scope: RotateScope): Promise<RotateOutcome>

  /**
   * At the first use of a successor that is not revoked: revokes its predecessor and forgets it in the successor's
   * row, in one transaction. Returns what was revoked, `null` when there was nothing to revoke.
   */
  endPredecessor(succession: Succession, now: number): Promise<TokenRecord | null>

  /** Writes the owner's one row; `removed` raises the generation, so that all tokens until now are revoked. */
  setOwnerStatus(userId: string, status: OwnerStatus, now: number): Promise<OwnerRecord>

  /**
   * Adds counts, in all and by day, and moves the last use and its client forward, never back, for a batch ordered by token id, in
   * one transaction. It changes no status, except that a use which shows that a token was not idle undoes `idle`. A token
   * that is gone gets no count. In the same transaction it stores `rules.batch` as the last batch of its writer, for
   * `BATCH_MEMORY_MS`; a call whose batch is stored already changes nothing.
   */
  recordUses(uses: readonly TokenUse[], rules: RecordUseRules): Promise<void>

  /** The days on which a token was used, from the one that begins at `since` on, in their order. */
  dailyUses(tokenId: string, since: number): Promise<readonly DailyUses[]>

  /** Deletes at most `limit` counts of days that began before `before`, and returns how many. */
  pruneDailyUses(before: number, limit: number): Promise<number>

  /** Marks at most `limit` active tokens whose idle clock began before `idleBefore`, and returns them. */
  markIdle(idleBefore: number, limit: number): Promise<readonly TokenRecord[]>

  /**
   * Remembers of at most `limit` active tokens of active owners that they were warned of, and returns them: those in
   * such a spell of idleness of which they were not warned before. The next use begins another spell.
   */
  listIdleWarnings(periods: IdlePeriods, limit: number): Promise<readonly TokenRecord[]>

  /** Deletes at most `limit` tokens that ended before `endedBefore`, their counts with them, and returns how many. */
  prune(endedBefore: number, limit: number, maxAgeMs?: MaxAgeMs): Promise<number>

  /**
   * The newest time in the store, of tokens issued, used and changed, in milliseconds; `null` for none. A sweep by a
   * clock that is behind it does nothing. Only for a store that is not shared, and optional.
   */
  newestStamp?(): Promise<number | null>

  /** Whether the lease is the holder's from now on: it was free, had run out, or was the holder's before. */
  takeLease(lease: Lease): Promise<boolean>

  /** Deletes at most `limit` leases that have run out, and returns how many. */
  pruneLeases(limit: number): Promise<number>
}
