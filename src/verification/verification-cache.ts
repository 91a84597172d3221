/** The verification cache: bounded, with one entry per token. The one place that knows lru-cache. */

import { LRUCache } from 'lru-cache'
import type { UsageRecorder } from '../usage/usage-recorder.ts'
import { DAY_MS, DayClock, joinTime, splitTime } from '../utc-day.ts'
import { digestToFind, isKeyOf, secretAt } from './credential-key.ts'
import { deadlineOf, type VerificationEntry } from './verification-entry.ts'

const TOLERATED_STEP_MS = 1_000

export class VerificationCache {
  readonly max: number
  /** How long an entry may live from now on, in milliseconds: less than its ttl while no news is heard. */
  longestLifeMs = Infinity
  readonly #recorder: UsageRecorder
  /** By token: says which is evicted next. */
  readonly #entries: LRUCache<string, VerificationEntry>
  /** By the first word of the digest: of two that share it the later one stays. */
  readonly #byDigest = new Map<number, VerificationEntry>()
  /** So many of the most recently used stay where they are when they are used again. */
  readonly #young: number
  readonly #days = new DayClock()
  /** The latest time seen, in two small numbers. */
  #seenDay = 0
  #seenMs = 0
  /** How often an entry was put at the front. */
  #moves = 0
  /** Most users have one token in use, which needs no set. */
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

  /** The entry of the credential that a text is from `start` on, while its deadline has not come. */
  get(text: string, now: number, start = 0): VerificationEntry | undefined {
    const secret = secretAt(text, start)
    const digest = digestToFind(text, secret)
    if (digest === undefined) return undefined
    const entry = this.#byDigest.get(digest.a)
    if (entry === undefined || this.isOver(entry, now)) return undefined
    if (!isKeyOf(entry, text.slice(start, secret - 1), digest)) return undefined
    this.touch(entry)
    return entry
  }

  /** Whether an entry's deadline has come. */
  isOver({ deadlineDay, deadlineMs }: VerificationEntry, now: number): boolean {
    const { day, ms } = this.#days.split(now)
    if (this.#wentBack(day, ms)) return true
    return day > deadlineDay || (day === deadlineDay && ms >= deadlineMs)
  }

  /** To be called every second, so that a step back is noticed between requests, too. */
  lookAtClock(now: number): void {
    const { day, ms } = this.#days.split(now)
    this.#wentBack(day, ms)
  }

  /**
   * Keeps an entry that is used from being evicted next. What is among the most recently used quarter is left there:
   * to move it touches more of the memory than to find it.
   */
  touch(entry: VerificationEntry): void {
    if (this.#moves - entry.movedAt < this.#young) return
    this.#entries.get(entry.tokenId)
    this.#moved(entry)
  }

  /** Remembers an entry in the place of any other of its token. */
  put(entry: VerificationEntry): void {
    // Held before the old entry lets go, so that use known here is not forgotten in between.
    const use = this.#recorder.hold(entry.tokenId, entry.token?.idleFrom ?? 0)
    this.dropToken(entry.tokenId)
    const isSameStatus = this.#byDigest.get(entry.a)
    if (isSameStatus !== undefined) this.dropToken(isSameStatus.tokenId)
    entry.use = use
    entry.live = true
    this.lookAtClock(Math.max(entry.readAt, joinTime({ day: this.#seenDay, ms: this.#seenMs })))
    this.#byDigest.set(entry.a, entry)
    this.#indexUser(entry)
    this.#entries.set(entry.tokenId, entry)
    this.#moved(entry)
  }

  /** While no news is heard, nothing in the cache is believed from `until` on, and nothing new for longer than `lifeMs`. */
  limitLives(until: number, lifeMs: number): void {
    this.longestLifeMs = lifeMs
    for (const entry of this.#entries.values()) {
      const { day, ms } = splitTime(Math.min(deadlineOf(entry), Math.max(until, entry.readAt + lifeMs)))
      entry.deadlineDay = day
      entry.deadlineMs = ms
    }
  }

  /** The same when the time is not known. */
  limitNewLives(lifeMs: number): void {
    this.longestLifeMs = lifeMs
    this.clear()
  }

  liftLimit(): void {
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
   * Drops everything when the clock went back: entries would live as much longer. A step of less than a second is
   * tolerated, and lengthens no life by more than that.
   */
  #wentBack(day: number, ms: number): boolean {
    const passed = (day - this.#seenDay) * DAY_MS + (ms - this.#seenMs)
    if (passed < 0 && passed >= -TOLERATED_STEP_MS) return false
    this.#seenDay = day
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

  /** Called for every entry that leaves, for whatever reason. */
  #unindex(entry: VerificationEntry): void {
    entry.live = false
    this.#byDigest.delete(entry.a)
    const ofUser = this.#byUser.get(entry.userId)
    if (ofUser instanceof Set) ofUser.delete(entry)
    if (ofUser === entry || (ofUser instanceof Set && ofUser.size === 0)) this.#byUser.delete(entry.userId)
    if (entry.use !== null) this.#recorder.release(entry.use)
  }
}
