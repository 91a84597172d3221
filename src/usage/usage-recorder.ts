/** Records use in memory and writes it in batches: a request that is verified writes nothing and waits for nothing. */

import { randomUUID } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import { StoreFault } from '../errors.ts'
import { Backoff } from '../jobs/backoff.ts'
import { Failures } from '../jobs/failures.ts'
import type { DailyUses, TokenStore } from '../store/token-store.ts'
import type { LastClient } from '../token/token.ts'
import { withUsedScopes } from '../token/used-scopes.ts'
import { DAY_MS, DayClock } from '../utc-day.ts'
import { withTimeout } from '../with-timeout.ts'
import { writable } from './last-client.ts'
import { addUses, daysOf, lastUsedAtOf, newPendingUse, type PendingUse } from './pending-use.ts'
import { type QueuedBatch, UseQueue } from './use-queue.ts'

export interface UsageRecorderDeps {
  readonly store: Pick<TokenStore, 'recordUses'>
  readonly clock: Clock
  readonly idleTimeoutMs: number | null
  /** Whether it is kept who used a token last. */
  readonly storesClients: boolean
  /** Called once when flushes in the background begin to fail. Their uses are kept. */
  onFlushFailed(error: unknown): void
  /** Called once when they succeed again. */
  onFlushRecovered?(): void
}

export interface UsageStats {
  /** Tokens with use that is not written yet. */
  readonly pending: number
  /** Uses written since the start. */
  readonly flushed: number
}

/** A use after so long a silence is written at once, so that no other instance takes the token for idle. */
const QUIET_MS = 60 * 60 * 1000
/** With so many tokens used since the last flush the next one does not wait for the timer. */
const MAX_PENDING = 10_000
/** Short pauses, because a token whose use is not written for long may be marked idle by another instance. */
const PAUSES = { firstMs: 500, longestMs: 4_000 }
/** How long a close waits for the last flush. */
const CLOSE_MS = 10_000

export class UsageRecorder {
  readonly #store: UsageRecorderDeps['store']
  readonly #clock: Clock
  readonly #idleTimeoutMs: number | null
  readonly #storesClients: boolean
  readonly #failures: Failures
  readonly #backoff = new Backoff(PAUSES)
  readonly #uses = new Map<string, PendingUse>()
  readonly #queue = new UseQueue()
  readonly #days = new DayClock()
  /** Names this recorder to the store, see `UseBatch`. */
  readonly #writer = randomUUID()
  /** The flush that runs, and the one that begins after it: it serves all callers that come meanwhile. */
  #running: Promise<void> | null = null
  #waiting: Promise<void> | null = null
  #flushSoon: NodeJS.Immediate | undefined
  #flushed = 0

  constructor(deps: UsageRecorderDeps) {
    const { store, clock, idleTimeoutMs, storesClients } = deps
    this.#store = store
    this.#clock = clock
    this.#idleTimeoutMs = idleTimeoutMs
    this.#storesClients = storesClients
    this.#failures = new Failures({
      failed: (error) => deps.onFlushFailed(error),
      recovered: () => deps.onFlushRecovered?.(),
    })
  }

  /** The use of a token, for a cache entry to keep and to give back with `release`. */
  hold(tokenId: string, idleFrom: number): PendingUse {
    const use = this.#useOf(tokenId)
    use.holders += 1
    if (idleFrom > use.idleFrom) use.idleFrom = idleFrom
    return use
  }

  release(use: PendingUse): void {
    use.holders -= 1
    this.#forgetUnused(use)
  }

  /** Counts one use. The hot path: a few fields of an object that the caller has. */
  touch(use: PendingUse, now: number): void {
    const { day, ms } = this.#days.split(now)
    const silence = (day - use.lastUsedDay) * DAY_MS + (ms - use.lastUsedMs)
    if (silence > QUIET_MS && now - use.idleFrom > QUIET_MS) this.#scheduleFlush()
    if (silence > 0) {
      use.lastUsedDay = day
      use.lastUsedMs = ms
    }
    if (use.count === 0) this.#enqueue(use)
    addUses(use, day, 1)
  }

  /**
   * Notes which of a token's scopes a use asked for. It is written with the token's use: what is noted after a flush
   * has come between two hooks of one request, with the next.
   */
  ask(use: PendingUse, granted: readonly string[], asked: readonly string[]): void {
    if (use.lastAsked === asked) return
    use.lastAsked = asked
    use.scopesUsed = withUsedScopes(use.scopesUsed, granted, asked)
  }

  /** The latest use known here, flushed or not, or 0. */
  lastUsedAt(tokenId: string): number {
    const use = this.#uses.get(tokenId)
    return use === undefined ? 0 : lastUsedAtOf(use)
  }

  /** Uses of a token that are not in its row yet. */
  pendingCount(tokenId: string): number {
    return this.pendingDays(tokenId).reduce((sum, { requests }) => sum + requests, 0)
  }

  /** The same by day, in no order, a day perhaps twice. A batch of unknown outcome counts as not written. */
  pendingDays(tokenId: string): readonly DailyUses[] {
    const use = this.#uses.get(tokenId)
    if (use === undefined) return []
    return [...daysOf(use), ...this.#queue.inBatches(tokenId)]
  }

  /** Which of its scopes were asked for, as far as is known here. */
  scopesUsed(tokenId: string): number {
    return this.#uses.get(tokenId)?.scopesUsed ?? 0
  }

  /** The client of the latest use known here, where clients are kept. */
  lastClient(tokenId: string): LastClient | null {
    const client = this.#uses.get(tokenId)?.client ?? null
    return client === null ? null : writable(client)
  }

  /**
   * Writes all uses recorded until now. One flush runs at a time and one waits for it, however many are asked for.
   * Rejects when the store cannot write; what is not written is kept.
   */
  flush(): Promise<void> {
    if (this.#waiting !== null) return this.#waiting
    if (this.#running === null) return this.#run()
    // What was used since the running flush began is not in it.
    this.#waiting = this.#running
      .catch(() => undefined)
      .then(() => {
        this.#waiting = null
        return this.#run()
      })
    return this.#waiting
  }

  /** A flush without a caller that waits for it. While flushes fail it pauses between them. */
  flushInBackground(): void {
    if (this.#queue.isEmpty || this.#isPaused()) return
    this.flush().catch((error) => this.#failures.failed(error))
  }

  /** The last flush. Rejects when it fails or takes longer than 10 s: a close must come to its end. */
  async close(): Promise<void> {
    await withTimeout(this.flush(), CLOSE_MS, 'the store')
  }

  stats(): UsageStats {
    return { pending: this.#queue.countTokens((tokenId) => this.#uses.get(tokenId)), flushed: this.#flushed }
  }

  #enqueue(use: PendingUse): void {
    this.#queue.add(use)
    if (this.#queue.fresh >= MAX_PENDING) this.#scheduleFlush()
  }

  #scheduleFlush(): void {
    if (this.#flushSoon !== undefined || this.#waiting !== null || this.#isPaused()) return
    this.#flushSoon = setImmediate(() => {
      this.#flushSoon = undefined
      this.flushInBackground()
    })
  }

  /** Whether the last flush failed, and the next one in the background has to wait for its end or for the pause. */
  #isPaused(): boolean {
    return this.#backoff.isPaused || (this.#backoff.hasFailed && this.#running !== null)
  }

  #run(): Promise<void> {
    this.#running = this.#attempt()
    return this.#running
  }

  async #attempt(): Promise<void> {
    try {
      await this.#write()
      this.#backoff.succeeded()
      this.#failures.succeeded()
    } catch (error) {
      this.#backoff.failed()
      throw error
    } finally {
      this.#running = null
    }
  }

  async #write(): Promise<void> {
    this.#queue.begin()
    for (let batch = this.#queue.next(); batch !== null; batch = this.#queue.next()) {
      await this.#record(batch)
      // SQLite writes within this thread: requests come between the batches too.
      if (this.#queue.hasDue) await nextTurn()
    }
  }

  async #record({ id, day, uses }: QueuedBatch): Promise<void> {
    const [now, batch] = [this.#clock.now(), { writer: this.#writer, id }]
    const rules = { now, day, batch, idleTimeoutMs: this.#idleTimeoutMs, storesClients: this.#storesClients }
    await this.#store.recordUses([...uses.values()], rules).catch((error) => {
      if (error instanceof StoreFault) this.#queue.refuse()
      else this.#queue.lose()
      throw error
    })
    this.#queue.settle()
    for (const { tokenId, count } of uses.values()) {
      this.#flushed += count
      this.release(this.#useOf(tokenId))
    }
  }

  #useOf(tokenId: string): PendingUse {
    const known = this.#uses.get(tokenId)
    if (known !== undefined) return known
    const use = newPendingUse(tokenId)
    this.#uses.set(tokenId, use)
    return use
  }

  #forgetUnused(use: PendingUse): void {
    if (use.holders === 0 && use.count === 0) this.#uses.delete(use.tokenId)
  }
}
