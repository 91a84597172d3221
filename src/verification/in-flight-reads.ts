/**
 * Single-flight for reads of tokens: concurrent requests with the same token share one read of the store. A change of the
 * token during the read invalidates it, so that no request uses a row from before the change.
 */

import type { OwnedToken } from '../token/token.ts'
import type { RefreshResult } from './identity-provider.ts'
import type { UserStatus } from './look-up-user.ts'
import type { VerificationEntry } from './verification-entry.ts'

/** What is read. */
export interface ReadTarget {
  readonly tokenId: string
  /** `null`: the credential does not name its owner. */
  readonly userId: string | null
  /** The identity provider's refresh token. A recheck has none and skips the provider. */
  readonly refreshToken?: string | undefined
}

/** One read, shared by all requests that wait for it. */
export interface InFlightRead extends Omit<ReadTarget, 'userId'> {
  /** `null` until the row is there, if the credential does not name the owner. */
  userId: string | null
  /** The users who changed while the owner is not known. */
  changedUsers: Set<string> | null
  /** When the read of the store began, in milliseconds; 0 before. */
  startedAt: number
  /** Whether the token or its owner changed after the read began. Its result must not be used then. */
  isInvalidated: boolean
  /** How many requests have joined and not left. */
  waiting: number
  /** Notified of the result. Then the list is replaced by `null`, and no request joins any more. */
  listeners: ReadListener[] | null
  /** Its key in `InFlightReads`. */
  readonly key: string
  /** The cache entry that the first waiting request created from the result. */
  entry?: VerificationEntry
  /** The end of the predecessor, shared by the waiting requests of a successor. */
  ending?: Promise<void>
}

/** Receives the result of a read. */
export interface ReadListener {
  onFound(read: InFlightRead, found: Found): void
  onFailed(error: unknown): void
}

/** The result of one read. */
export interface Found {
  readonly owned: OwnedToken | null
  /** The result of `findUser`; `null` also for a token that is refused without it. */
  readonly user: UserStatus
  /** The identity provider's result; `null` without a provider, and for a token that is refused without it. */
  readonly refresh: RefreshResult | null
}

/** A read of an unknown owner is invalidated when more users than this have changed. */
const MAX_CHANGED = 1_000
/** The map is replaced when it has this many reads that are over, and more of them than others. */
const MAX_OVER = 256

export class InFlightReads {
  /** Reads that are over stay until the map is replaced: a map with constant deletes is slow to collect. */
  #reads = new Map<string, InFlightRead>()
  #over = 0
  #count = 0

  /** How many reads have started. */
  get count(): number {
    return this.#count
  }

  /** Joins the read of this token that is in flight, or adds one, which the caller starts. Each `join` needs a `leave`. */
  join(target: ReadTarget, listener: ReadListener): { readonly read: InFlightRead; readonly isNew: boolean } {
    const key = keyOf(target)
    const known = this.#reads.get(key)
    if (known !== undefined && !known.isInvalidated && known.listeners !== null) {
      known.waiting += 1
      known.listeners.push(listener)
      return { read: known, isNew: false }
    }
    if (known !== undefined) this.#forget(known)
    const read = newRead(key, target, listener)
    this.#count += 1
    this.#reads.set(key, read)
    return { read, isNew: true }
  }

  /** A request has used the result. Until the last one has, an invalidation must reach the read. */
  leave(read: InFlightRead): void {
    read.waiting -= 1
    if (read.waiting > 0 || this.#reads.get(read.key) !== read) return
    this.#over += 1
    if (this.#over >= this.#reads.size) this.#replace(new Map())
    else if (this.#over > MAX_OVER && this.#over * 2 > this.#reads.size)
      this.#replace(new Map([...this.#reads].filter(([, { waiting }]) => waiting > 0)))
  }

  invalidateToken(tokenId: string): void {
    this.#invalidate((read) => read.tokenId === tokenId)
  }

  /** Reads of tokens whose owner is not known yet are invalidated by `learnOwner`. */
  invalidateUserReads(userId: string): void {
    this.#invalidate((read) => read.userId === userId || (read.userId === null && isBeyond(read, userId)))
  }

  /** The row is there: invalidates the read if its owner changed since it began. */
  learnOwner(read: InFlightRead, userId: string): void {
    if (read.userId !== null) return
    read.userId = userId
    if (read.changedUsers?.has(userId)) read.isInvalidated = true
    read.changedUsers = null
  }

  invalidateAll(): void {
    this.#invalidate(() => true)
  }

  /** A request may still wait, for the end of a predecessor: it must read again, since no invalidation reaches it now. */
  #forget(read: InFlightRead): void {
    if (read.waiting === 0) this.#over -= 1
    else read.isInvalidated = true
  }

  #replace(reads: Map<string, InFlightRead>): void {
    this.#reads = reads
    this.#over = 0
  }

  /** Waiting requests read again, and no further request joins. */
  #invalidate(matches: (read: InFlightRead) => boolean): void {
    for (const read of this.#reads.values()) if (matches(read)) read.isInvalidated = true
  }
}

/** Adds the user to those who changed during the read. Returns whether these are too many. */
function isBeyond(read: InFlightRead, userId: string): boolean {
  read.changedUsers ??= new Set()
  read.changedUsers.add(userId)
  return read.changedUsers.size > MAX_CHANGED
}

/** A request with a refresh token must not join a read that skips the identity provider. */
function keyOf({ tokenId, refreshToken }: ReadTarget): string {
  return refreshToken === undefined ? tokenId : `${tokenId} with refresh token`
}

function newRead(
  key: string,
  { tokenId, userId, refreshToken }: ReadTarget,
  listener: ReadListener,
): InFlightRead {
  return {
    key,
    tokenId,
    userId,
    refreshToken,
    changedUsers: null,
    startedAt: 0,
    isInvalidated: false,
    waiting: 1,
    listeners: [listener],
  }
}
