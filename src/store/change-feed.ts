/** The interface by which instances find each other's changes in the database, by the database's clock. */

/** What a change affects: one token, or all tokens of a user. */
export type InvalidationTarget = { readonly tokenId: string } | { readonly userId: string }

/** The last change of a row. */
export interface StoredChange {
  readonly target: InvalidationTarget
  /** In milliseconds by the store's clock. Each change of a row has another stamp. */
  readonly changedAt: number
}

export interface ChangesRead {
  /** The store's clock at this read, in milliseconds. */
  readonly now: number
  readonly changes: readonly StoredChange[]
}

export interface ChangeFeed {
  /**
   * Reads all tokens and owners that changed at or after `since`, by the store's clock, in one query. Usage, idle
   * transitions and new tokens are not changes: they cannot make a cached verification wrong.
   */
  changesSince(since: number): Promise<ChangesRead>

  /** Stamps an owner as changed without another change, so that other instances drop their cached data of the user. */
  touchOwner(userId: string): Promise<void>
}
