/** The uses that are not written yet, and the batches of them that are sent to the store one after another. */

import { randomUUID } from 'node:crypto'
import type { DailyUses, TokenUse } from '../store/token-use.ts'
import { writable } from './last-client.ts'
import { firstDayOf, lastUsedAtOf, type PendingUse, takeDay } from './pending-use.ts'

/** Uses of one day, which the store records in one transaction. */
export interface QueuedBatch {
  readonly id: string
  /** The day (UTC), by its first millisecond. */
  readonly day: number
  /** In the order of the token ids: two instances that flush the same tokens lock their rows in the same order. */
  readonly uses: ReadonlyMap<string, TokenUse>
}

/** How many tokens one statement writes: fewer statements for a server, against a shorter wait for SQLite's thread. */
const BATCH_SIZE = 2_500

export class UseQueue {
  /** Used since the flush began. */
  #fresh: PendingUse[] = []
  /** Used before the flush began, and in no batch yet. */
  #due: PendingUse[] = []
  /**
   * The first is being written, or of unknown outcome: an attempt that failed may have been committed. It is therefore
   * sent again unchanged, with its id, before any other batch.
   */
  #sending: readonly QueuedBatch[] = []
  /** The first batch, if an attempt to record it failed and may have been committed. */
  #unknown: QueuedBatch | null = null
  /** Batches of one use that the store refuses: they are sent after all others. */
  readonly #refused: QueuedBatch[] = []

  /** Adds a use of a token that had none to write. */
  add(use: PendingUse): void {
    this.#fresh.push(use)
  }

  get isEmpty(): boolean {
    return this.#fresh.length === 0 && this.#due.length === 0 && this.#batches().length === 0
  }

  /** Whether the flush goes on. */
  get hasDue(): boolean {
    return this.#due.length > 0 || this.#sending.length > 0
  }

  /** Tokens used since the flush began. */
  get fresh(): number {
    return this.#fresh.length
  }

  /** Tokens with use that is not written, each counted once; `useOf` finds the use of a token of the batch. */
  countTokens(useOf: (tokenId: string) => PendingUse | undefined): number {
    const inBatches = new Set(this.#batches().flatMap(({ uses }) => [...uses.keys()]))
    const onlyInBatches = [...inBatches].filter((tokenId) => useOf(tokenId)?.count === 0)
    return this.#fresh.length + this.#due.length + onlyInBatches.length
  }

  /** The uses of a token in batches that are not recorded, or of unknown outcome. */
  inBatches(tokenId: string): readonly DailyUses[] {
    return this.#batches().flatMap(({ day, uses }) => {
      const requests = uses.get(tokenId)?.count
      return requests === undefined ? [] : [{ day, requests }]
    })
  }

  /** Begins a flush of all uses until now. */
  begin(): void {
    this.#due = this.#due.concat(this.#fresh)
    this.#fresh = []
  }

  /** The batch whose outcome is unknown, otherwise the next one of this flush; `null` when nothing is left. */
  next(): QueuedBatch | null {
    if (this.#sending.length === 0) this.#sending = this.#nextBatches()
    return this.#sending[0] ?? null
  }

  /** The batch is recorded. */
  settle(): void {
    this.#sending = this.#sending.slice(1)
    this.#unknown = null
  }

  /** The batch may have been recorded all the same, and is sent again unchanged. */
  lose(): void {
    this.#unknown = this.#sending[0] ?? null
  }

  /**
   * The store refused the batch permanently, so none of it is recorded. Its halves are sent instead, and a use that is
   * refused alone is sent after all others, so that it does not keep them from being written.
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
    const day = Math.min(...candidates.map(firstDayOf))
    const taken: TokenUse[] = []
    const rest: PendingUse[] = []
    for (const use of candidates) {
      const count = takeDay(use, day)
      if (use.count > 0) rest.push(use)
      if (count === 0) continue
      const { tokenId, scopesUsed, client } = use
      use.holders += 1
      const lastClient = client === null ? null : writable(client)
      taken.push({ tokenId, count, lastUsedAt: lastUsedAtOf(use), scopesUsed, lastClient })
    }
    if (rest.length > 0) this.#due = rest.concat(this.#due)
    taken.sort((a, b) => (a.tokenId < b.tokenId ? -1 : 1))
    return { id: randomUUID(), day, uses: new Map(taken.map((use) => [use.tokenId, use])) }
  }
}

function halvesOf({ day, uses }: QueuedBatch): readonly QueuedBatch[] {
  const all = [...uses]
  const middle = Math.ceil(all.length / 2)
  return [all.slice(0, middle), all.slice(middle)].map((half) => ({
    id: randomUUID(),
    day,
    uses: new Map(half),
  }))
}
