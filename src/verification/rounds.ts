/** Bounds how often a verification reads again because a change overtook its read. */

import { unavailable } from '../errors.ts'

/** Reads in all. A change that comes once or twice is followed at once; a flood of changes is an outage. */
const MAX_ROUNDS = 4
/** No read begins later than that after the first one, since `findUser` may take as long each time, in milliseconds. */
const LAST_START_MS = 6_000

export class Rounds {
  #round = 1
  readonly #startedAt = performance.now()

  /** @throws {StoreUnavailable} When there were enough: what cannot be learned is neither a refusal nor a pass. */
  next(): void {
    this.#round += 1
    if (this.#round <= MAX_ROUNDS && performance.now() - this.#startedAt < LAST_START_MS) return
    throw unavailable(new Error(`the token or its owner changed during each of ${this.#round - 1} reads`))
  }
}
