/**
 * The part of a store that administration needs: reads in the order of an index over the tokens of all owners, and changes of
 * many tokens at once. It filters nothing: the plugin filters what it has read.
 */

import type { OwnedToken, OwnerRecord, StatusReason, TokenRecord } from '../token/token.ts'

/**
 * Selects tokens by one index, whose order they have:
 *
 * - `id`: all, by the time of issue.
 * - `owner`: those of `userId`, by the time of issue.
 * - `creator`: those that a user or an administrator with this id has issued, by the time of issue.
 * - `name`: those whose name begins with `prefix`, by name. Upper and lower case differ.
 * - `last_use`: those that were not used, enabled or issued on the day of `before` or later, the longest unused first, by day.
 * - `expiry`: those that expire before `before`, the next to expire first. `null`: all, those without an expiry last.
 *
 * Tokens with the same value are ordered by id.
 */
export type TokenRange =
  | { readonly by: 'id' }
  | { readonly by: 'owner'; readonly userId: string }
  | { readonly by: 'creator'; readonly creatorId: string }
  | { readonly by: 'name'; readonly prefix: string }
  | { readonly by: 'last_use'; readonly before: number }
  | { readonly by: 'expiry'; readonly before: number | null }

/** Where a range is read: at most `limit` tokens after a position. */
export interface RangePlace {
  readonly after: RangePosition | null
  /** Whether the newest is first. Only for `id`, `owner` and `creator`. */
  readonly descending: boolean
  readonly limit: number
}

/** The position of a token in the order of its range. */
export interface RangePosition {
  readonly id: string
  /** `name`: the name, or `''`. `last_use`: the day since the epoch. `expiry`: its time, or `null`. Otherwise `null`. */
  readonly value: string | number | null
}

export interface PlacedToken extends OwnedToken {
  readonly position: RangePosition
}

/** Selects owners by the order of their ids. */
export interface OwnerRange {
  /** Only ids that begin with this text. */
  readonly prefix: string
  /** The id after which to begin. */
  readonly after: string | null
  readonly limit: number
}

export interface EndScope {
  readonly now: number
  readonly reason: StatusReason | null
}

export interface AdministrationStore {
  /** Reads at most `place.limit` tokens (at most 1,000) with their owners. Each call reads only what it returns. */
  readTokens(range: TokenRange, place: RangePlace): Promise<readonly PlacedToken[]>

  readOwners(range: OwnerRange): Promise<readonly OwnerRecord[]>

  /**
   * Revokes at most 500 tokens in one transaction, each as `revokeToken` does. Returns those that it revoked: others are
   * unknown or were revoked before.
   */
  revokeTokens(ids: readonly string[], scope: EndScope): Promise<readonly TokenRecord[]>

  /**
   * Revokes all present tokens of an owner by raising the generation: one row is written. The owner's status stays. A missing
   * row is inserted.
   */
  revokeAllTokens(userId: string, scope: EndScope): Promise<OwnerRecord>
}
