/** The verification cache: bounded, with one entry per token. The one place that knows lru-cache. */

import { LRUCache } from 'lru-cache'
import { nextPart } from '../token/credential.ts'
import type { UsageRecorder } from '../usage/usage-recorder.ts'
import { digestToFind, isKeyOf } from './credential-key.ts'
import type { VerificationEntry } from './verification-entry.ts'

export class VerificationCache {
  readonly max: number
  /** How long an entry may live from now on, in milliseconds: less than its ttl while no news is heard. */
  longestLifeMs = Infinity
  readonly #recorder: UsageRecorder
  /** By the first word of the digest: of two that share it the later one stays. */
  readonly #entries: LRUCache<number, VerificationEntry>
  /** So many of the most recently used stay where they are when they are used again. */
  readonly #young: number
  /** How often an entry was put at the front. */
  #moves = 0
  readonly #byToken = new Map<string, VerificationEntry>()
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
    const claims = nextPart(text, start)
    const secret = nextPart(text, claims)
    const digest = digestToFind(text, secret)
    if (digest === undefined) return undefined
    const entry = this.#entries.peek(digest.a)
    if (entry === undefined || now >= entry.deadline) return undefined
    if (!isKeyOf(entry, digest, text.slice(start, claims - 1), text.slice(claims, secret - 1)))
      return undefined
    this.freshen(entry)
    return entry
  }

  /**
   * Keeps an entry that is used from being evicted next. What is among the most recently used quarter is left there:
   * to move it touches more of the memory than to find it.
   */
  freshen(entry: VerificationEntry): void {
    if (this.#moves - entry.movedAt < this.#young) return
    this.#entries.get(entry.a)
    this.#moved(entry)
  }

  /** Remembers an entry in the place of any other of its token. */
  put(entry: VerificationEntry): void {
    // Held before the old entry lets go, so that use known here is not forgotten in between.
    const use = this.#recorder.hold(entry.tokenId, entry.token?.idleFrom ?? 0)
    this.dropToken(entry.tokenId)
    entry.use = use
    entry.live = true
    this.#byToken.set(entry.tokenId, entry)
    this.#indexUser(entry)
    this.#entries.set(entry.a, entry)
    this.#moved(entry)
  }

  /** While no news is heard, nothing in the cache is believed from `until` on, and nothing new for longer than `lifeMs`. */
  limitLives(until: number, lifeMs: number): void {
    this.longestLifeMs = lifeMs
    for (const entry of this.#entries.values()) {
      entry.deadline = Math.min(entry.deadline, Math.max(until, entry.readAt + lifeMs))
    }
  }

  liftLimit(): void {
    this.longestLifeMs = Infinity
  }

  dropToken(tokenId: string): void {
    const entry = this.#byToken.get(tokenId)
    if (entry !== undefined) this.#entries.delete(entry.a)
  }

  clear(): void {
    this.#entries.clear()
  }

  dropUser(userId: string): void {
    const known = this.#byUser.get(userId)
    const entries = known instanceof Set ? [...known] : known === undefined ? [] : [known]
    for (const { a } of entries) this.#entries.delete(a)
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
    if (this.#byToken.get(entry.tokenId) === entry) this.#byToken.delete(entry.tokenId)
    const ofUser = this.#byUser.get(entry.userId)
    if (ofUser instanceof Set) ofUser.delete(entry)
    if (ofUser === entry || (ofUser instanceof Set && ofUser.size === 0)) this.#byUser.delete(entry.userId)
    if (entry.use !== null) this.#recorder.release(entry.use)
  }
}
