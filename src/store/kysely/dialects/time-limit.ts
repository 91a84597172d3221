/** The time limit of statements and transactions. */

export interface TimeLimit {
  /** In milliseconds; `null` sets no limit, for migrations. */
  readonly timeoutMs: number | null
}

/** How long a request waits for the database before it is answered with 503. */
export const DEFAULT_TIMEOUT_MS = 5_000
