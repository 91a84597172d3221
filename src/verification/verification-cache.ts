/** The verification cache: bounded, one entry per token. The only file that imports lru-cache. */

import { LRUCache } from 'lru-cache'
import type { UsageRecorder } from '../usage/usage-recorder.ts'
import type { VerificationEntry } from './verification-entry.ts'

/** A clock that goes back by less than this is tolerated, in milliseconds. */
const TOLERATED_STEP_MS = 1_000

export class VerificationCache {
  readonly max: number
  /** The longest life of new entries, in milliseconds: shorter than the ttl while invalidations are not received. */
  longestLifeMs = Infinity
  readonly #recorder: UsageRecorder
  /** By the digest of the credential. */
  readonly #entries: LRUCache<string, VerificationEntry>
  readonly #byToken = new Map<string, VerificationEntry>()
  /** By user id. Most users have one token in use: a `Set` for each would cost memory. */
  readonly #byUser = new Map<string, VerificationEntry | Set<VerificationEntry>>()
  /** The latest time seen. */
  #seenAt = 0

  constructor(max: number, recorder: UsageRecorder) {
    this.max = max
    this.#recorder = recorder
    this.#entries = new LRUCache({ max, dispose: (entry) => this.#unindex(entry) })
  }

  get size(): number {
    return this.#entries.size
  }

  /** The entry of a credential, unless its deadline has passed. */
  get(digest: string, now: number): VerificationEntry | undefined {
    const entry = this.#entries.get(digest)
    return entry !== undefined && this.isCurrent(entry, now) ? entry : undefined
  }

  /** Whether an entry is in the cache and its deadline has not passed. Clears the cache if the clock went back. */
  isCurrent(entry: VerificationEntry, now: number): boolean {
    this.checkClock(now)
    return entry.live && now < entry.deadline
  }

  /** Moves an entry to the front of the LRU list. */
  touch({ digest }: VerificationEntry): void {
    this.#entries.get(digest)
  }

  /**
   * Drops everything when the clock went back, because every entry would live longer by the step. Also called every second,
   * so that a step between requests is detected.
   */
  checkClock(now: number): void {
    if (now >= this.#seenAt) this.#seenAt = now
    else if (now < this.#seenAt - TOLERATED_STEP_MS) {
      this.#seenAt = now
      this.clear()
    }
  }

  /**
   * Adds an entry, and drops any other of its token.
   *
   * @param idleFrom The `idleFrom` of the token's row; 0 without a row.
   */
  put(entry: VerificationEntry, idleFrom: number): void {
    // Before the old entry is dropped: otherwise the counter would have no reference and be freed.
    const use = this.#recorder.hold(entry.tokenId, idleFrom)
    this.dropToken(entry.tokenId)
    entry.use = use
    entry.live = true
    // The read may have begun after the latest request: a step back since then must be detected.
    this.#seenAt = Math.max(this.#seenAt, entry.readAt)
    this.#byToken.set(entry.tokenId, entry)
    this.#indexUser(entry)
    this.#entries.set(entry.digest, entry)
  }

  /** While invalidations are not received: cached entries end at `until`, new ones live `lifeMs` at most. */
  shortenEntries(until: number, lifeMs: number): void {
    this.longestLifeMs = lifeMs
    for (const entry of this.#byToken.values())
      entry.deadline = Math.min(entry.deadline, Math.max(until, entry.readAt + lifeMs))
  }

  /** For a clock that cannot be read: present entries cannot be shortened, so they are dropped. */
  clearAndLimit(lifeMs: number): void {
    this.longestLifeMs = lifeMs
    this.clear()
  }

  removeLimit(): void {
    this.longestLifeMs = Infinity
  }

  dropToken(tokenId: string): void {
    const entry = this.#byToken.get(tokenId)
    if (entry !== undefined) this.#entries.delete(entry.digest)
  }

  clear(): void {
    this.#entries.clear()
  }

  dropUser(userId: string): void {
    const known = this.#byUser.get(userId)
    const entries = known instanceof Set ? [...known] : known === undefined ? [] : [known]
    for (const { digest } of entries) this.#entries.delete(digest)
  }

  #indexUser(entry: VerificationEntry): void {
    const known = this.#byUser.get(entry.userId)
    if (known instanceof Set) known.add(entry)
    else this.#byUser.set(entry.userId, known === undefined ? entry : new Set([known, entry]))
  }

  /** Called by lru-cache for every entry that leaves the cache. */
  #unindex(entry: VerificationEntry): void {
    entry.live = false
    if (this.#byToken.get(entry.tokenId) === entry) this.#byToken.delete(entry.tokenId)
    const ofUser = this.#byUser.get(entry.userId)
    if (ofUser instanceof Set) ofUser.delete(entry)
    if (ofUser === entry || (ofUser instanceof Set && ofUser.size === 0)) this.#byUser.delete(entry.userId)
    if (entry.use !== null) this.#recorder.release(entry.use)
  }
}
