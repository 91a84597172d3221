/** Records use in memory and writes it in batches: a request that is verified writes nothing and waits for nothing. */

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import type { DailyUses, TokenStore, TokenUse } from '../store/token-store.ts'
import type { LastClient } from '../token/token.ts'
import { withUsedScopes } from '../token/used-scopes.ts'
import { writable } from './last-client.ts'
import { addUses, clearDays, daysOf, lastUsedAtOf, newPendingUse, type PendingUse } from './pending-use.ts'
import { DAY_MS, DayClock } from './utc-day.ts'

export interface UsageRecorderParts {
  readonly store: Pick<TokenStore, 'recordUses'>
  readonly clock: Clock
  readonly idleTimeoutMs: number | null
  /** Whether it is kept who used a token last. */
  readonly keepsClients: boolean
  /** Told when a flush that nobody waits for failed; its uses are kept. */
  onFlushFailed(error: unknown): void
}

export interface UsageStats {
  /** Tokens with use that is not written yet. */
  readonly pending: number
  /** Uses written since the start. */
  readonly flushed: number
}

/** The uses of one token on one day. */
interface DayUse extends TokenUse {
  readonly day: number
}

/** A use after so long a silence is written at once, so that no other instance takes the token for idle. */
const QUIET_MS = 60 * 60 * 1000
/** How many tokens one statement writes: fewer statements for a server, against a shorter wait for SQLite's thread. */
const BATCH = 2_500
/** With so many tokens waiting the timer is not waited for. */
const MAX_PENDING = 10_000

export class UsageRecorder {
  readonly #store: UsageRecorderParts['store']
  readonly #clock: Clock
  readonly #idleTimeoutMs: number | null
  readonly #keepsClients: boolean
  readonly #onFlushFailed: (error: unknown) => void
  readonly #uses = new Map<string, PendingUse>()
  readonly #days = new DayClock()
  #dirty: PendingUse[] = []
  #lastFlush: Promise<void> = Promise.resolve()
  #flushSoon: NodeJS.Immediate | undefined
  #flushed = 0

  constructor({ store, clock, idleTimeoutMs, keepsClients, onFlushFailed }: UsageRecorderParts) {
    this.#store = store
    this.#clock = clock
    this.#idleTimeoutMs = idleTimeoutMs
    this.#keepsClients = keepsClients
    this.#onFlushFailed = onFlushFailed
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

  /** Counts one use. The hot path: a few fields of an object that is at hand. */
  touch(use: PendingUse, now: number): void {
    const { day, ms } = this.#days.split(now)
    const silence = (day - use.lastUsedDay) * DAY_MS + (ms - use.lastUsedMs)
    if (silence > QUIET_MS && now - use.idleFrom > QUIET_MS) this.#scheduleFlush()
    if (silence > 0) {
      use.lastUsedDay = day
      use.lastUsedMs = ms
    }
    if (use.count === 0) this.#markDirty(use)
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

  /** The same by day, in no order. */
  pendingDays(tokenId: string): readonly DailyUses[] {
    const use = this.#uses.get(tokenId)
    return use === undefined ? [] : daysOf(use)
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

  /** Writes all use recorded until now. Rejects when the store cannot; what was not written is kept. */
  flush(): Promise<void> {
    const flush = this.#lastFlush.then(() => this.#write())
    this.#lastFlush = flush.catch(() => undefined)
    return flush
  }

  /** A flush that nobody waits for. */
  flushInBackground(): void {
    if (this.#dirty.length > 0) this.flush().catch(this.#onFlushFailed)
  }

  stats(): UsageStats {
    return { pending: this.#dirty.length, flushed: this.#flushed }
  }

  #markDirty(use: PendingUse): void {
    this.#dirty.push(use)
    if (this.#dirty.length >= MAX_PENDING) this.#scheduleFlush()
  }

  #scheduleFlush(): void {
    if (this.#flushSoon !== undefined) return
    this.#flushSoon = setImmediate(() => {
      this.#flushSoon = undefined
      this.flushInBackground()
    })
  }

  async #write(): Promise<void> {
    const taken = this.#takeDirty()
    for (let first = taken[0]; first !== undefined; first = taken[0]) {
      const { day } = first
      const batch = taken.slice(0, BATCH).filter((use) => use.day === day)
      const rules = {
        now: this.#clock.now(),
        day,
        idleTimeoutMs: this.#idleTimeoutMs,
        keepsClients: this.#keepsClients,
      }
      try {
        await this.#store.recordUses(batch, rules)
      } catch (error) {
        this.#putBack(taken)
        throw error
      }
      taken.splice(0, batch.length)
      this.#settle(batch)
      // SQLite writes within this thread: requests come between the batches too.
      if (taken.length > 0) await nextTurn()
    }
  }

  /** Ordered by day and id: two instances that flush the same tokens lock their rows in the same order. */
  #takeDirty(): DayUse[] {
    const taken = this.#dirty.flatMap((use) =>
      daysOf(use).map(({ day, requests }) => {
        use.holders += 1
        const { tokenId, scopesUsed, client } = use
        const lastClient = client === null ? null : writable(client)
        return { tokenId, day, count: requests, lastUsedAt: lastUsedAtOf(use), scopesUsed, lastClient }
      }),
    )
    for (const use of this.#dirty) clearDays(use)
    this.#dirty = []
    return taken.sort((a, b) => a.day - b.day || (a.tokenId < b.tokenId ? -1 : 1))
  }

  #settle(written: readonly TokenUse[]): void {
    for (const { tokenId, count } of written) {
      this.#flushed += count
      this.release(this.#useOf(tokenId))
    }
  }

  #putBack(unwritten: readonly DayUse[]): void {
    for (const { tokenId, day, count } of unwritten) {
      const use = this.#useOf(tokenId)
      if (use.count === 0) this.#dirty.push(use)
      addUses(use, day / DAY_MS, count)
      this.release(use)
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
