/** The verification cache: bounded, one entry per token. The only file that imports lru-cache. */

import { LRUCache } from 'lru-cache'
import type { UsageRecorder } from '../usage/usage-recorder.ts'
import { DAY_MS, DayClock, joinTime, splitTime } from '../utc-day.ts'
import { digestToFind, isKeyOf, secretAt } from './credential-key.ts'
import { deadlineOf, type VerificationEntry } from './verification-entry.ts'

const TOLERATED_STEP_MS = 1_000

export class VerificationCache {
  readonly max: number
  /** The longest life of new entries, in milliseconds: shorter than the ttl while invalidations are not received. */
  longestLifeMs = Infinity
  readonly #recorder: UsageRecorder
  /** By token id, in LRU order. */
  readonly #entries: LRUCache<string, VerificationEntry>
  /** By the first 32 bits of the digest; an entry with the same bits replaces the earlier one. */
  readonly #byDigest = new Map<number, VerificationEntry>()
  /** Entries in the most recently used quarter are not moved on a hit. */
  readonly #young: number
  readonly #days = new DayClock()
  /** The latest time seen. */
  #seenDay = 0
  #seenMs = 0
  /** How often an entry was moved to the front of the LRU list. */
  #moves = 0
  /** By user id. Most users have one token in use: a `Set` for each would cost memory. */
  readonly #byUser = new Map<string, VerificationEntry | Set<VerificationEntry>>()

  constructor(max: number, recorder: UsageRecorder) {
    this.max = max
    this.#young = Math.floor(max / 4)
    this.#recorder = recorder
    this.#entries = new LRUCache({ max, dispose: (entry) => this.#unindex(entry) })
  }

  get size(): number {
    return this.#entries.size
  }

  /** The entry of the credential `text` from `start` on, unless its deadline has passed. */
  get(text: string, now: number, start = 0): VerificationEntry | undefined {
    const secret = secretAt(text, start)
    const digest = digestToFind(text, secret)
    if (digest === undefined) return undefined
    const entry = this.#byDigest.get(digest.a)
    if (entry === undefined || this.isOver(entry, now)) return undefined
    if (!isKeyOf(entry, text.slice(start, secret - 1), digest)) return undefined
    this.markRecent(entry)
    return entry
  }

  /** Whether an entry's deadline has passed. Clears the cache if the clock went back. */
  isOver({ deadlineDay, deadlineMs }: VerificationEntry, now: number): boolean {
    const { dayNumber, ms } = this.#days.split(now)
    if (this.#clearIfClockWentBack(dayNumber, ms)) return true
    return dayNumber > deadlineDay || (dayNumber === deadlineDay && ms >= deadlineMs)
  }

  /** Called every second, so that a step back of the clock is detected between requests, too. */
  checkClock(now: number): void {
    const { dayNumber, ms } = this.#days.split(now)
    this.#clearIfClockWentBack(dayNumber, ms)
  }

  /**
   * Moves a used entry to the front of the LRU list. Entries in the most recently used quarter stay: moving them costs
   * more than the lookup.
   */
  markRecent(entry: VerificationEntry): void {
    if (this.#moves - entry.movedAt < this.#young) return
    this.#entries.get(entry.tokenId)
    this.#moved(entry)
  }

  /** Adds an entry, and drops any other of its token. */
  put(entry: VerificationEntry): void {
    // Before the old entry is dropped: otherwise the counter would have no reference and be freed.
    const use = this.#recorder.hold(entry.tokenId, entry.token?.idleFrom ?? 0)
    this.dropToken(entry.tokenId)
    const collision = this.#byDigest.get(entry.a)
    if (collision !== undefined) this.dropToken(collision.tokenId)
    entry.use = use
    entry.live = true
    this.checkClock(Math.max(entry.readAt, joinTime({ dayNumber: this.#seenDay, ms: this.#seenMs })))
    this.#byDigest.set(entry.a, entry)
    this.#indexUser(entry)
    this.#entries.set(entry.tokenId, entry)
    this.#moved(entry)
  }

  /** While invalidations are not received: cached entries end at `until`, new ones live `lifeMs` at most. */
  shortenEntries(until: number, lifeMs: number): void {
    this.longestLifeMs = lifeMs
    for (const entry of this.#entries.values()) {
      const { dayNumber, ms } = splitTime(Math.min(deadlineOf(entry), Math.max(until, entry.readAt + lifeMs)))
      entry.deadlineDay = dayNumber
      entry.deadlineMs = ms
    }
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
    this.#entries.delete(tokenId)
  }

  clear(): void {
    this.#entries.clear()
  }

  dropUser(userId: string): void {
    const known = this.#byUser.get(userId)
    const entries = known instanceof Set ? [...known] : known === undefined ? [] : [known]
    for (const { tokenId } of entries) this.dropToken(tokenId)
  }

  /**
   * Drops everything when the clock went back, because every entry would live longer by the step. A step of less than a
   * second is tolerated.
   */
  #clearIfClockWentBack(dayNumber: number, ms: number): boolean {
    const passed = (dayNumber - this.#seenDay) * DAY_MS + (ms - this.#seenMs)
    if (passed < 0 && passed >= -TOLERATED_STEP_MS) return false
    this.#seenDay = dayNumber
    this.#seenMs = ms
    if (passed >= 0) return false
    this.clear()
    return true
  }

  #moved(entry: VerificationEntry): void {
    this.#moves += 1
    entry.movedAt = this.#moves
  }

  #indexUser(entry: VerificationEntry): void {
    const known = this.#byUser.get(entry.userId)
    if (known instanceof Set) known.add(entry)
    else this.#byUser.set(entry.userId, known === undefined ? entry : new Set([known, entry]))
  }

  /** Called by lru-cache for every entry that leaves the cache. */
  #unindex(entry: VerificationEntry): void {
    entry.live = false
    this.#byDigest.delete(entry.a)
    const ofUser = this.#byUser.get(entry.userId)
    if (ofUser instanceof Set) ofUser.delete(entry)
    if (ofUser === entry || (ofUser instanceof Set && ofUser.size === 0)) this.#byUser.delete(entry.userId)
    if (entry.use !== null) this.#recorder.release(entry.use)
  }
}
