/** The verification cache: bounded, keyed by digest, with one entry per token. The one place that knows lru-cache. */

import { LRUCache } from 'lru-cache'
import type { UsageRecorder } from '../usage/usage-recorder.ts'
import type { VerificationEntry } from './verification-entry.ts'

export class VerificationCache {
  readonly max: number
  /** How long an entry may live from now on, in milliseconds: less than its ttl while no news is heard. */
  longestLifeMs = Infinity
  readonly #recorder: UsageRecorder
  readonly #entries: LRUCache<string, VerificationEntry>
  readonly #byToken = new Map<string, VerificationEntry>()
  readonly #byUser = new Map<string, Set<VerificationEntry>>()

  constructor(max: number, recorder: UsageRecorder) {
    this.max = max
    this.#recorder = recorder
    this.#entries = new LRUCache({ max, dispose: (entry) => this.#unindex(entry) })
  }

  get size(): number {
    return this.#entries.size
  }

  /** The entry of a credential, while its deadline has not come. */
  get(digest: string, now: number): VerificationEntry | undefined {
    const entry = this.#entries.get(digest)
    return entry !== undefined && now < entry.deadline ? entry : undefined
  }

  /** Counts an entry that was found without `get` as used, so that it is not the next to be evicted. */
  freshen(entry: VerificationEntry): void {
    this.#entries.get(entry.digest)
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
    this.#entries.set(entry.digest, entry)
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
    if (entry !== undefined) this.#entries.delete(entry.digest)
  }

  clear(): void {
    this.#entries.clear()
  }

  dropUser(userId: string): void {
    for (const entry of this.#byUser.get(userId) ?? []) this.#entries.delete(entry.digest)
  }

  #indexUser(entry: VerificationEntry): void {
    const entries = this.#byUser.get(entry.userId)
    if (entries === undefined) this.#byUser.set(entry.userId, new Set([entry]))
    else entries.add(entry)
  }

  /** Called for every entry that leaves, for whatever reason. */
  #unindex(entry: VerificationEntry): void {
    entry.live = false
    if (this.#byToken.get(entry.tokenId) === entry) this.#byToken.delete(entry.tokenId)
    const ofUser = this.#byUser.get(entry.userId)
    ofUser?.delete(entry)
    if (ofUser?.size === 0) this.#byUser.delete(entry.userId)
    if (entry.use !== null) this.#recorder.release(entry.use)
  }
}
