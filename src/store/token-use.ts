/** The uses of tokens that a store records and returns. */

import type { LastClient } from '../token/token.ts'
import { DAY_MS } from '../utc-day.ts'

/** How long a store keeps the last batch of a writer, in milliseconds: longer than an outage. */
export const BATCH_MEMORY_MS = 7 * DAY_MS

/** The use of one token since the last flush. */
export interface TokenUse {
  readonly tokenId: string
  readonly count: number
  readonly lastUsedAt: number
  /** The bits of the scopes that were used, see `usedScopes`. They are added to those of the row. */
  readonly scopesUsed?: number
  /** The client at `lastUsedAt`, if known. */
  readonly lastClient?: LastClient | null
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

/** The number of uses of a token on one day (UTC). */
export interface DailyUses {
  /** The first millisecond of the day. */
  readonly dayStart: number
  readonly requests: number
}
