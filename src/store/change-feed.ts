/** The port of news between instances that needs nothing but the database: what was changed, by the database's clock. */

/** Whom a change is about: one token, or everything that a user owns. */
export type InvalidationTarget = { readonly tokenId: string } | { readonly userId: string }

/** A row that was changed. */
export interface StoredChange {
  readonly subject: InvalidationTarget
  /** When, in milliseconds by the store's own clock. No row bears the same stamp twice. */
  readonly changedAt: number
}

export interface ChangesRead {
  /** The store's own clock at this read, in milliseconds. */
  readonly now: number
  readonly changes: readonly StoredChange[]
}

export interface ChangeFeed {
  /**
   * Every token and owner that was changed at or after `since`, by the store's own clock, in one read. Whatever may
   * end a judgement counts as a change, what only use or the sweeper writes does not.
   */
  changesSince(since: number): Promise<ChangesRead>

  /** Stamps an owner's row as changed though nothing in it is, so that others forget what they remember of the user. */
  touchOwner(userId: string): Promise<void>
}
