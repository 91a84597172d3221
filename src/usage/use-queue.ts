/** The queue of uses that are not written yet. It divides them into batches, which are written one after another. */

import { randomUUID } from 'node:crypto'
import type { DailyUses, TokenUse } from '../store/token-use.ts'
import { DAY_MS } from '../utc-day.ts'
import { writable } from './last-client.ts'
import { firstDayOf, type PendingUse, takeDay } from './pending-use.ts'

/** Uses of one day, which the store records in one transaction. */
export interface QueuedBatch {
  readonly id: string
  /** The start of the day (UTC) in milliseconds. */
  readonly dayStart: number
  /** Ordered by token id, so that instances that flush the same tokens lock the rows in the same order. */
  readonly uses: ReadonlyMap<string, TokenUse>
}

/** Tokens per statement: more mean fewer statements for a server, fewer mean that SQLite blocks the thread for less time. */
const BATCH_SIZE = 2_500

/** How many tokens of a kind that costs more to write are in one flush, so that the first flush of a day is spread. */
const MAX_POSTPONABLE = 1_000

export class UseQueue {
  /** Used since the flush began. */
  #fresh: PendingUse[] = []
  /** Used before the flush began, and left to a later flush. */
  #postponed: PendingUse[] = []
  /** Used before the flush began, and not in a batch yet. */
  #due: PendingUse[] = []
  /**
   * The first batch is being written, or has an unknown outcome: a failed attempt may have been committed. It is therefore
   * repeated unchanged, with its id, before any other batch.
   */
  #sending: readonly QueuedBatch[] = []
  /** The first batch, if an attempt failed that may have been committed. */
  #unknown: QueuedBatch | null = null
  /** Batches of one use that the store refused. They are sent after all others. */
  readonly #refused: QueuedBatch[] = []

  /** Adds a token that had no uses to write. */
  add(use: PendingUse): void {
    this.#fresh.push(use)
  }

  get isEmpty(): boolean {
    const unbatched = this.#fresh.length + this.#postponed.length + this.#due.length
    return unbatched === 0 && this.#batches().length === 0
  }

  /** Whether the flush has more to write. */
  get hasDue(): boolean {
    return this.#due.length > 0 || this.#sending.length > 0
  }

  /** The number of tokens used since the flush began. */
  get fresh(): number {
    return this.#fresh.length
  }

  /** The number of tokens with uses that are not written. `useOf` finds the uses of a token in a batch. */
  countTokens(useOf: (tokenId: string) => PendingUse | undefined): number {
    const inBatches = new Set(this.#batches().flatMap(({ uses }) => [...uses.keys()]))
    const onlyInBatches = [...inBatches].filter((tokenId) => useOf(tokenId)?.count === 0)
    return this.#fresh.length + this.#postponed.length + this.#due.length + onlyInBatches.length
  }

  /** The uses of a token in batches that are not recorded or have an unknown outcome. */
  inBatches(tokenId: string): readonly DailyUses[] {
    return this.#batches().flatMap(({ dayStart, uses }) => {
      const requests = uses.get(tokenId)?.count
      return requests === undefined ? [] : [{ dayStart, requests }]
    })
  }

  /**
   * Begins a flush of all uses until now.
   *
   * @param postpones Selects tokens of which a flush writes `MAX_POSTPONABLE` only. The others wait for the next flush.
   */
  begin(postpones: (use: PendingUse) => boolean = () => false): void {
    const waiting = this.#postponed.concat(this.#fresh)
    this.#fresh = []
    this.#postponed = []
    let postponable = 0
    for (const use of waiting) {
      if (postpones(use)) postponable += 1
      if (postpones(use) && postponable > MAX_POSTPONABLE) this.#postponed.push(use)
      else this.#due.push(use)
    }
    // Earlier days first. By id as a whole, so that the rows of each batch lie together.
    this.#due.sort((a, b) => firstDayOf(a) - firstDayOf(b) || byId(a, b))
  }

  /** The batch with an unknown outcome, or the next batch; `null` when nothing is left. */
  next(): QueuedBatch | null {
    if (this.#sending.length === 0) this.#sending = this.#nextBatches()
    return this.#sending[0] ?? null
  }

  /** The batch was recorded. */
  settle(): void {
    this.#sending = this.#sending.slice(1)
    this.#unknown = null
  }

  /** The attempt failed but may have been committed: the batch is repeated unchanged. */
  lose(): void {
    this.#unknown = this.#sending[0] ?? null
  }

  /**
   * The store refused the batch permanently, so nothing of it was recorded. It is split in two. A single use that is refused
   * is sent after all others, so that it does not block them.
   *
   * A batch whose earlier attempt may have been committed is not split, because its uses would count twice under new ids.
   * It blocks the queue until the store accepts it.
   */
  refuse(): void {
    const [batch, ...others] = this.#sending
    if (batch === undefined || batch === this.#unknown) return
    if (batch.uses.size > 1) {
      this.#sending = [...halvesOf(batch), ...others]
    } else {
      this.#sending = others
      this.#refused.push(batch)
    }
  }

  #batches(): readonly QueuedBatch[] {
    return [...this.#sending, ...this.#refused]
  }

  #nextBatches(): readonly QueuedBatch[] {
    if (this.#due.length > 0) return [this.#takeBatch()]
    return this.#refused.splice(0, 1)
  }

  #takeBatch(): QueuedBatch {
    const candidates = this.#due.splice(0, BATCH_SIZE)
    const dayStart = Math.min(...candidates.map(firstDayOf))
    const taken: TokenUse[] = []
    const rest: PendingUse[] = []
    for (const use of candidates) {
      const count = takeDay(use, dayStart)
      if (use.count > 0) rest.push(use)
      if (count === 0) continue
      const { tokenId, scopesUsed, client } = use
      // Released by `UsageRecorder` when the batch is written.
      use.holders += 1
      const lastClient = client === null ? null : writable(client)
      // After midnight, the latest use is on a later day than the batch.
      const lastUsedAt = Math.min(use.lastUsedAt, dayStart + DAY_MS - 1)
      taken.push({ tokenId, count, lastUsedAt, scopesUsed, lastClient })
    }
    if (rest.length > 0) this.#due = rest.concat(this.#due)
    taken.sort(byId)
    return { id: randomUUID(), dayStart, uses: new Map(taken.map((use) => [use.tokenId, use])) }
  }
}

function byId(a: { readonly tokenId: string }, b: { readonly tokenId: string }): number {
  return a.tokenId < b.tokenId ? -1 : 1
}

function halvesOf({ dayStart, uses }: QueuedBatch): readonly QueuedBatch[] {
  const all = [...uses]
  const middle = Math.ceil(all.length / 2)
  return [all.slice(0, middle), all.slice(middle)].map((half) => ({
    id: randomUUID(),
    dayStart,
    uses: new Map(half),
  }))
}
