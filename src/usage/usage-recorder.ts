/** Records uses in memory and writes them in batches, so that no request writes or waits. */

import { randomUUID } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import { StoreFault } from '../errors.ts'
import { Backoff } from '../jobs/backoff.ts'
import { Failures } from '../jobs/failures.ts'
import type { DailyUses, TokenStore, TokenUse } from '../store/token-store.ts'
import type { LastClient } from '../token/token.ts'
import { withUsedScopes } from '../token/used-scopes.ts'
import { DAY_MS, dayNumberOf } from '../utc-day.ts'
import { withTimeout } from '../with-timeout.ts'
import { writable } from './last-client.ts'
import { addUses, daysOf, newPendingUse, type PendingUse } from './pending-use.ts'
import { type QueuedBatch, UseQueue } from './use-queue.ts'

export interface UsageRecorderDeps {
  readonly store: Pick<TokenStore, 'recordUses'>
  readonly clock: Clock
  readonly idleTimeoutMs: number | null
  /** Whether to store the last client of each token. */
  readonly storesClients: boolean
  /** Called once when background flushes begin to fail. Their uses are retried. */
  onFlushFailed(error: unknown): void
  /** Called once when flushes succeed again. */
  onFlushRecovered?(): void
}

export interface UsageStats {
  /** Tokens with uses that are not written yet. */
  readonly pending: number
  /** Uses written since the start. */
  readonly flushed: number
}

/** The first use after such a pause is written at once, so that no other instance treats the token as idle. */
const FIRST_USE_GAP_MS = 60 * 60 * 1000
/** With this many used tokens, a flush begins before its timer. */
const MAX_PENDING = 10_000
/** Short pauses, because another instance may mark a token idle while its uses are not written. */
const PAUSES = { firstMs: 500, longestMs: 4_000 }
/** How early before midnight a flush reckons with the next day: longer than a flush takes, and clocks differ. */
const MIDNIGHT_MARGIN_MS = 60_000
/** Maximum wait of `close` for the last flush. */
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
  /** The writer in `UseBatch`. */
  readonly #writer = randomUUID()
  /** The running flush, and the next one, which all callers share that come in the meantime. */
  #running: Promise<void> | null = null
  #waiting: Promise<void> | null = null
  #flushSoon: NodeJS.Immediate | undefined
  #flushed = 0
  /** Whether the next flush must postpone no token. */
  #writesAll = false

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

  /** The uses of a token, for a cache entry. The entry calls `release` when it ends. */
  hold(tokenId: string, idleFrom: number): PendingUse {
    const use = this.#useOf(tokenId)
    use.holders += 1
    if (idleFrom > use.idleFrom) use.idleFrom = idleFrom
    // The caller may have added a use that is counted here and not written yet.
    if (idleFrom !== use.lastUsedAt) use.storedAt = Math.max(use.storedAt, idleFrom)
    return use
  }

  release(use: PendingUse): void {
    use.holders -= 1
    this.#forgetUnused(use)
  }

  /** Counts one use. This is the hot path: it writes a few fields of one object. */
  countUse(use: PendingUse, now: number): void {
    const sinceLastUse = now - use.lastUsedAt
    if (sinceLastUse > FIRST_USE_GAP_MS && now - use.idleFrom > FIRST_USE_GAP_MS) this.#scheduleFlush()
    if (sinceLastUse > 0) use.lastUsedAt = now
    if (use.count === 0) this.#enqueue(use)
    addUses(use, dayNumberOf(now), 1)
  }

  /**
   * Records which scopes of the token a use required. They are written with the token's uses. If a flush runs between two
   * hooks of one request, they are written with the next use.
   */
  recordScopes(use: PendingUse, granted: readonly string[], required: readonly string[]): void {
    if (use.lastRequired === required) return
    use.lastRequired = required
    use.scopesUsed = withUsedScopes(use.scopesUsed, granted, required)
  }

  /** The latest use that is known here, flushed or not, or 0. */
  lastUsedAt(tokenId: string): number {
    return this.#uses.get(tokenId)?.lastUsedAt ?? 0
  }

  /** The number of uses that are not in the token's row yet. */
  pendingCount(tokenId: string): number {
    return this.pendingDays(tokenId).reduce((sum, { requests }) => sum + requests, 0)
  }

  /** The same by day, unordered; a day may occur twice. A batch with an unknown outcome counts as not written. */
  pendingDays(tokenId: string): readonly DailyUses[] {
    const use = this.#uses.get(tokenId)
    if (use === undefined) return []
    return [...daysOf(use), ...this.#queue.inBatches(tokenId)]
  }

  /** The bits of the scopes that were used, as far as is known here. */
  scopesUsed(tokenId: string): number {
    return this.#uses.get(tokenId)?.scopesUsed ?? 0
  }

  /** The client of the latest known use, with `usage.lastClient`. */
  lastClient(tokenId: string): LastClient | null {
    const client = this.#uses.get(tokenId)?.client ?? null
    return client === null ? null : writable(client)
  }

  /**
   * Writes all uses recorded until now. One flush runs at a time, and all calls in the meantime share the next one.
   * Rejects when the store cannot write. The uses are then written by a later flush.
   */
  flush(): Promise<void> {
    this.#writesAll = true
    return this.flushDue()
  }

  /**
   * The same, except that it writes at most 1,000 tokens for which the store has no use of this day yet: these cost more. The
   * others are written by later flushes. So midnight is no peak of load. Tokens that may be idle in the store are written.
   */
  flushDue(): Promise<void> {
    if (this.#waiting !== null) return this.#waiting
    if (this.#running === null) return this.#run()
    // Uses since the start of the running flush are not in it.
    this.#waiting = this.#running
      .catch(() => undefined)
      .then(() => {
        this.#waiting = null
        return this.#run()
      })
    return this.#waiting
  }

  /** Flushes without a waiting caller. While flushes fail, it pauses between them. */
  flushInBackground(): void {
    if (this.#queue.isEmpty || this.#isPaused()) return
    this.flushDue().catch((error) => this.#failures.failed(error))
  }

  /** The last flush. Rejects when it fails or takes longer than 10 s, so that a close ends. */
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

  /** Whether background flushes wait: for the pause after a failure, or for the retry in progress. */
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
    const now = this.#clock.now()
    const writesAll = this.#writesAll
    this.#writesAll = false
    this.#queue.begin((use) => !writesAll && this.#isFirstOfDay(use) && !this.#mayBeIdle(use, now))
    for (let batch = this.#queue.next(); batch !== null; batch = this.#queue.next()) {
      await this.#record(batch)
      // SQLite blocks the thread, so let requests run between the batches.
      if (this.#queue.hasDue) await nextTurn()
    }
  }

  async #record({ id, dayStart, uses }: QueuedBatch): Promise<void> {
    const [now, batch] = [this.#clock.now(), { writer: this.#writer, id }]
    const rules = {
      now,
      dayStart,
      batch,
      idleTimeoutMs: this.#idleTimeoutMs,
      storesClients: this.#storesClients,
    }
    const touching = [...uses.values()].map((use) => ({
      ...use,
      touchesToken: this.#touchesToken(use, dayStart, now),
    }))
    await this.#store.recordUses(touching, rules).catch((error) => {
      if (error instanceof StoreFault) this.#queue.refuse()
      else this.#queue.lose()
      throw error
    })
    this.#queue.settle()
    for (const { tokenId, count, lastUsedAt } of uses.values()) {
      this.#flushed += count
      const use = this.#useOf(tokenId)
      use.storedAt = Math.max(use.storedAt, lastUsedAt)
      this.release(use)
    }
  }

  /** Evaluated at each attempt: a batch that is repeated may be days old. */
  #touchesToken({ tokenId }: TokenUse, dayStart: number, now: number): boolean {
    const use = this.#useOf(tokenId)
    // Another instance adds the day to the token's row when the next day begins. It must not miss this batch.
    if (now < dayStart || now >= dayStart + DAY_MS - MIDNIGHT_MARGIN_MS) return true
    return dayNumberOf(use.storedAt) * DAY_MS !== dayStart || this.#mayBeIdle(use, now)
  }

  #isFirstOfDay({ storedAt, dayNumber }: PendingUse): boolean {
    return dayNumberOf(storedAt) < dayNumber
  }

  /** Whether another instance may have marked the token idle. By half of the timeout, the clocks may differ. */
  #mayBeIdle({ storedAt }: PendingUse, now: number): boolean {
    return this.#idleTimeoutMs !== null && now - storedAt > this.#idleTimeoutMs / 2
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
