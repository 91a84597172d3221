/**
 * Collects the work of one turn of the event loop, and does it together at the end of the turn. Reading the database
 * between two requests would evict the code and data of each from the processor's caches: together they take a third of
 * the time.
 */

import { AsyncResource } from 'node:async_hooks'

/** More in one turn bring no further speed, only a longer wait. */
const MAX_ITEMS = 64

export class Turns<Item> {
  readonly #work: (items: readonly Item[]) => number
  /** The work of a turn belongs to no request, so it does not run in the async context of one. */
  readonly #context = new AsyncResource('ApiTokensTurn')
  #items: Item[] = []
  #isScheduled = false

  /** @param work Does the work of the first items, at least one, and returns of how many. It must not throw. */
  constructor(work: (items: readonly Item[]) => number) {
    this.#work = work
  }

  /** How many items wait for their turn. */
  get length(): number {
    return this.#items.length
  }

  add(item: Item): void {
    this.#items.push(item)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => this.#context.runInAsyncScope(() => this.#run()))
  }

  #run(): void {
    this.#isScheduled = false
    const items = this.#items
    const done = this.#work(items.length <= MAX_ITEMS ? items : items.slice(0, MAX_ITEMS))
    this.#items = done === items.length ? [] : items.slice(done)
    if (this.#items.length > 0) this.#schedule()
  }
}
