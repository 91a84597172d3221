/** Asks the store every second what was changed since the last look: news on every database. */

import type { ChangeFeed, InvalidationTarget } from '../store/change-feed.ts'
import { withTimeout } from '../with-timeout.ts'

export interface StoreFeedDeps {
  readonly feed: ChangeFeed
  hear(subject: InvalidationTarget): void
  /** The store has answered: whatever was changed before this look began has been heard. */
  onAvailable(): void
  /** A look failed, or had no answer in time. `receivedUntil` is when the last good one began, by `performance.now()`. */
  onUnavailable(error: unknown, receivedUntil: number): void
}

/** How often the store is asked, and how long it may take to answer. */
export const POLL_INTERVAL_MS = 1_000

/**
 * Transactions commit in another order than they stamp: a change can appear behind one that is seen already. Each look
 * goes back so far, and what it finds again is dropped.
 */
const OVERLAP_MS = 10_000

/** Looks that never end hold a connection each. */
const MAX_UNANSWERED = 3

export class StoreFeed {
  readonly #parts: StoreFeedDeps
  /** The stamp of each row that was heard of, as far back as a look goes. */
  readonly #heard = new Map<string, number>()
  /** The store's clock at the last good look. */
  #since = 0
  #receivedUntil = 0
  #unanswered = 0
  #lagMs: number | null = null
  #looking: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(parts: StoreFeedDeps) {
    this.#parts = parts
  }

  /** How long the last news was under way, in milliseconds: from the change to the look that found it. */
  get lagMs(): number | null {
    return this.#lagMs
  }

  /**
   * Begins. Nothing is remembered yet of which earlier changes could be news.
   *
   * @throws Whatever the store throws: it was opened a moment ago.
   */
  async start(): Promise<void> {
    this.#receivedUntil = performance.now()
    const { now } = await this.#parts.feed.changesSince(Number.MAX_SAFE_INTEGER)
    this.#since = now
    this.#timer = setInterval(() => void this.look(), POLL_INTERVAL_MS)
    this.#timer.unref()
  }

  /** Asks now. Never rejects. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#looking
  }

  async #look(): Promise<void> {
    const startedAt = performance.now()
    try {
      const { now, changes } = await withTimeout(this.#ask(), POLL_INTERVAL_MS, 'the feed of the store')
      this.#receivedUntil = startedAt
      this.#since = now
      this.#forgetBefore(now - OVERLAP_MS)
      for (const { subject, changedAt } of changes) {
        if (this.#isKnown(subject, changedAt)) continue
        this.#lagMs = Math.max(0, now - changedAt)
        this.#parts.hear(subject)
      }
      this.#parts.onAvailable()
    } catch (error) {
      this.#parts.onUnavailable(error, this.#receivedUntil)
    }
  }

  async #ask() {
    if (this.#unanswered >= MAX_UNANSWERED) throw new Error('the store has not answered earlier looks yet')
    this.#unanswered += 1
    try {
      return await this.#parts.feed.changesSince(this.#since - OVERLAP_MS)
    } finally {
      this.#unanswered -= 1
    }
  }

  #isKnown(subject: InvalidationTarget, changedAt: number): boolean {
    const key = JSON.stringify(subject)
    if (this.#heard.get(key) === changedAt) return true
    this.#heard.set(key, changedAt)
    return false
  }

  #forgetBefore(moment: number): void {
    for (const [key, changedAt] of this.#heard) if (changedAt < moment) this.#heard.delete(key)
  }
}
