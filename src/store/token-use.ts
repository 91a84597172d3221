/** The uses of tokens as a store records and returns them. */

import type { LastClient } from '../token/token.ts'

/** How long a store keeps the last batch of a writer, in milliseconds: longer than an outage lasts. */
export const BATCH_MEMORY_MS = 7 * 24 * 60 * 60 * 1000

/** The use of one token since the last flush. */
export interface TokenUse {
  readonly tokenId: string
  readonly count: number
  readonly lastUsedAt: number
  /** Which of the token's scopes were asked for, see `usedScopes`; those of the row stay. */
  readonly scopesUsed?: number
  /** Who used it at `lastUsedAt`; `null` where that is not known. */
  readonly lastClient?: LastClient | null
}

export interface RecordUseRules {
  readonly now: number
  /** The day (UTC) of all uses of the batch, by its first millisecond. */
  readonly day: number
  readonly idleTimeoutMs: number | null
  /** Whether the row keeps the client of the latest use; where not, the one that it had is erased. */
  readonly storesClients?: boolean
  /** Identifies the batch, so that it can be repeated after its response was lost. Without it every call counts. */
  readonly batch?: UseBatch
}

/**
 * Identifies a batch of uses. A writer repeats a batch unchanged until the store has recorded it, and only then sends
 * its next one: a store needs to know just the last batch of each writer. A batch that every attempt found refused by an
 * error for which `isPermanent` is true is not recorded, and is sent in halves instead.
 */
export interface UseBatch {
  /** A name that no other writer has, of at most 50 characters. */
  readonly writer: string
  /** A name that no other batch of this writer has, of at most 50 characters. */
  readonly id: string
}

/** How often a token was used on one day (UTC). */
export interface DailyUses {
  /** The day's first millisecond. */
  readonly day: number
  readonly requests: number
}
