/** The uses of tokens that a store records and returns. */

import type { LastClient } from '../token/token.ts'
import { DAY_MS } from '../utc-day.ts'

/** How long a store keeps the last batch of a writer, in milliseconds: longer than an outage. */
export const BATCH_MEMORY_MS = 7 * DAY_MS

/** The use of one token since the last flush. */
export interface TokenUse {
  readonly tokenId: string
  readonly count: number
  /** On the day of the batch. */
  readonly lastUsedAt: number
  /** The bits of the scopes that were used, see `usedScopes`. They are added to those of the row. */
  readonly scopesUsed?: number
  /** The client at `lastUsedAt`, if known. */
  readonly lastClient?: LastClient | null
  /**
   * `false` if the writer knows that the store has recorded a use on this day or later before, that the token is not marked
   * idle, and that the day lasts for another minute: a store that counts by day need not read the token then. Default: `true`.
   */
  readonly touchesToken?: boolean
}

export interface RecordUseRules {
  readonly now: number
  /** The start of the day (UTC) of all uses of the batch, in milliseconds. */
  readonly dayStart: number
  readonly idleTimeoutMs: number | null
  /** Whether to store the client of the latest use. Otherwise a stored client is erased. */
  readonly storesClients?: boolean
  /** Identifies the batch, so that it can be repeated after a lost response. Without it every call counts. */
  readonly batch?: UseBatch
}

/**
 * Identifies a batch of uses. A writer repeats a batch unchanged until the store has recorded it, then sends the next one.
 * A store therefore only needs the last batch of each writer. After an error for which `isPermanent` is true, the batch is
 * split in two instead.
 */
export interface UseBatch {
  /** A unique name of the writer, of at most 50 characters. */
  readonly writer: string
  /** A name that is unique among the batches of the writer, of at most 50 characters. */
  readonly id: string
}

/** The days from `since` on, and before `before`. Both are the starts of days (UTC), in milliseconds. */
export interface UsageDays {
  readonly since: number
  readonly before: number
}

/** The number of uses of a token on one day (UTC). */
export interface DailyUses {
  /** The first millisecond of the day. */
  readonly dayStart: number
  readonly requests: number
}
