/**
 * Single-flight for reads of tokens: concurrent requests with the same token share one read of the store. A change of the
 * token during the read invalidates it, so that no request uses a row from before the change.
 */

import type { Clock } from '../clock.ts'
import type { OwnedToken } from '../token/token.ts'
import type { RefreshResult } from './identity-provider.ts'
import type { UserStatus } from './look-up-user.ts'
import type { VerificationEntry } from './verification-entry.ts'

/** One read, shared by all requests that wait for it. */
export interface InFlightRead {
  readonly tokenId: string
  /**
   * The owner; `null` while it is unknown. A compact credential does not name its owner: until the row arrives, a change of
   * any user invalidates the read.
   */
  userId: string | null
  readonly startedAt: number
  readonly found: Promise<Found>
  /** Whether the token or its owner changed after the read began. Its result must not be used then. */
  isInvalidated: boolean
  /** The cache entry that the first waiting request created from the result. */
  entry?: VerificationEntry
  /** The end of the predecessor, shared by the waiting requests of a successor. */
  ending?: Promise<void>
}

/** The result of one read. */
export interface Found {
  readonly owned: OwnedToken | null
  /** The result of `findUser`; `null` also for a token that is refused without it. */
  readonly user: UserStatus
  /** The identity provider's result; `null` without a provider, and for a token that is refused without it. */
  readonly refresh: RefreshResult | null
}

/** Calls `learnOwner` with the owner in the row, asynchronously. */
type FindToken = (
  tokenId: string,
  refreshToken: string | undefined,
  learnOwner: (userId: string) => void,
) => Promise<Found>

export class InFlightReads {
  readonly #clock: Clock
  readonly #find: FindToken
  readonly #reads = new Map<string, InFlightRead>()
  #count = 0

  constructor(clock: Clock, find: FindToken) {
    this.#clock = clock
    this.#find = find
  }

  /** How many reads have started. */
  get count(): number {
    return this.#count
  }

  /** Joins the read of this token that is in flight, or starts one. */
  of(tokenId: string, userId: string | null, refreshToken?: string): InFlightRead {
    // A recheck has no refresh token and skips the provider. A request with one must not join such a read.
    const key = refreshToken === undefined ? tokenId : `${tokenId} with refresh token`
    return this.#reads.get(key) ?? this.#start(key, tokenId, userId, refreshToken)
  }

  invalidateToken(tokenId: string): void {
    this.#invalidate((read) => read.tokenId === tokenId)
  }

  invalidateUserReads(userId: string): void {
    this.#invalidate((read) => read.userId === null || read.userId === userId)
  }

  invalidateAll(): void {
    this.#invalidate(() => true)
  }

  #start(
    key: string,
    tokenId: string,
    userId: string | null,
    refreshToken: string | undefined,
  ): InFlightRead {
    this.#count += 1
    const read: InFlightRead = {
      tokenId,
      userId,
      startedAt: this.#clock.now(),
      found: this.#find(tokenId, refreshToken, (owner) => {
        read.userId = owner
      }),
      isInvalidated: false,
    }
    this.#reads.set(key, read)
    const done = () => {
      if (this.#reads.get(key) === read) this.#reads.delete(key)
    }
    read.found.then(done, done)
    return read
  }

  /** Waiting requests read again, and no further request joins. */
  #invalidate(matches: (read: InFlightRead) => boolean): void {
    for (const [key, read] of this.#reads) {
      if (!matches(read)) continue
      read.isInvalidated = true
      this.#reads.delete(key)
    }
  }
}
