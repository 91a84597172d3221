/** The uses that are not written yet, and the one batch of them that is being written. */

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
   * Being written, or of unknown outcome: an attempt that failed may have been committed. It is therefore sent again
   * unchanged, with its id, before any other batch.
   */
  #batch: QueuedBatch | null = null

  /** Adds a use of a token that had none to write. */
  add(use: PendingUse): void {
    this.#fresh.push(use)
  }

  get isEmpty(): boolean {
    return this.#fresh.length === 0 && this.#due.length === 0 && this.#batch === null
  }

  /** Whether the flush goes on. */
  get hasDue(): boolean {
    return this.#due.length > 0
  }

  /** Tokens used since the flush began. */
  get fresh(): number {
    return this.#fresh.length
  }

  /** Tokens with use that is not written, each counted once; `useOf` finds the use of a token of the batch. */
  countTokens(useOf: (tokenId: string) => PendingUse | undefined): number {
    const onlyInBatch = [...(this.#batch?.uses.keys() ?? [])].filter((tokenId) => useOf(tokenId)?.count === 0)
    return this.#fresh.length + this.#due.length + onlyInBatch.length
  }

  /** The use of a token in the batch that is being written. */
  inBatch(tokenId: string): DailyUses | undefined {
    const requests = this.#batch?.uses.get(tokenId)?.count
    return this.#batch === null || requests === undefined ? undefined : { day: this.#batch.day, requests }
  }

  /** Begins a flush of all uses until now. */
  begin(): void {
    this.#due = this.#due.concat(this.#fresh)
    this.#fresh = []
  }

  /** The batch whose outcome is unknown, otherwise the next one of this flush; `null` when nothing is left. */
  next(): QueuedBatch | null {
    if (this.#batch === null && this.#due.length > 0) this.#batch = this.#takeBatch()
    return this.#batch
  }

  /** The batch is recorded. */
  settle(): void {
    this.#batch = null
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
