/** Polls the store's change feed every second. This works on every database. */

import type { ChangeFeed, InvalidationTarget } from '../store/change-feed.ts'
import { withTimeout } from '../with-timeout.ts'

export interface StoreFeedDeps {
  readonly feed: ChangeFeed
  onInvalidate(target: InvalidationTarget): void
  /** A poll succeeded: all changes made before it began were received. */
  onAvailable(): void
  /** A poll failed or timed out. The last successful one began at `receivedUntil`, by `performance.now()`. */
  onUnavailable(error: unknown, receivedUntil: number): void
}

/** The interval of polls, and the time limit of each. */
const POLL_INTERVAL_MS = 1_000

/**
 * Transactions may commit in another order than their changes are stamped, so that a change can appear behind a newer
 * one. Each poll therefore reads the last ten seconds again and skips the changes that it has already processed.
 */
const OVERLAP_MS = 10_000

/** Each poll that the store has not responded to may still occupy a connection. */
const MAX_PENDING_POLLS = 3

export class StoreFeed {
  readonly #deps: StoreFeedDeps
  /** The stamp of each change that was processed within the overlap, by target. */
  readonly #processed = new Map<string, number>()
  /** The store's clock at the last successful poll. */
  #since = 0
  #receivedUntil = 0
  #pendingPolls = 0
  #lagMs: number | null = null
  #polling: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(deps: StoreFeedDeps) {
    this.#deps = deps
  }

  /** Milliseconds from the last change until the poll that found it; `null` before the first. */
  get lagMs(): number | null {
    return this.#lagMs
  }

  /**
   * Begins to poll. Earlier changes are skipped, because nothing is cached yet.
   *
   * @throws The error of the store, which fails the boot.
   */
  async start(): Promise<void> {
    this.#receivedUntil = performance.now()
    // No row is that new: only the store's clock is read.
    const { now } = await this.#deps.feed.changesSince(Number.MAX_SAFE_INTEGER)
    this.#since = now
    this.#timer = setInterval(() => void this.poll(), POLL_INTERVAL_MS)
    this.#timer.unref()
  }

  /** Polls now, or joins the poll in progress. Never rejects. */
  poll(): Promise<void> {
    this.#polling ??= this.#poll().finally(() => {
      this.#polling = undefined
    })
    return this.#polling
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#polling
  }

  async #poll(): Promise<void> {
    const startedAt = performance.now()
    try {
      const { now, changes } = await withTimeout(
        this.#read(),
        POLL_INTERVAL_MS,
        'the change feed of the store',
      )
      this.#receivedUntil = startedAt
      this.#since = now
      this.#forgetBefore(now - OVERLAP_MS)
      for (const { target, changedAt } of changes) {
        if (this.#isProcessed(target, changedAt)) continue
        this.#lagMs = Math.max(0, now - changedAt)
        this.#deps.onInvalidate(target)
      }
      this.#deps.onAvailable()
    } catch (error) {
      this.#deps.onUnavailable(error, this.#receivedUntil)
    }
  }

  async #read() {
    if (this.#pendingPolls >= MAX_PENDING_POLLS) {
      throw new Error('the store has not responded to earlier polls yet')
    }
    this.#pendingPolls += 1
    try {
      return await this.#deps.feed.changesSince(this.#since - OVERLAP_MS)
    } finally {
      this.#pendingPolls -= 1
    }
  }

  /** Also notes the change as processed. */
  #isProcessed(target: InvalidationTarget, changedAt: number): boolean {
    const key = JSON.stringify(target)
    if (this.#processed.get(key) === changedAt) return true
    this.#processed.set(key, changedAt)
    return false
  }

  #forgetBefore(moment: number): void {
    for (const [key, changedAt] of this.#processed) if (changedAt < moment) this.#processed.delete(key)
  }
}
