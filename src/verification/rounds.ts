/** Limits how often a verification repeats its read because the token or its owner changed during the read. */

import { unavailable } from '../errors.ts'

/** One or two changes are followed at once; more changes than this are treated as an outage. */
const MAX_ROUNDS = 4
/** No read starts later than this after the first, in milliseconds: `findUser` may take 5 s in each round. */
const LAST_START_MS = 6_000

export class Rounds {
  #round = 1
  readonly #startedAt = performance.now()

  /** @throws {StoreUnavailable} After the last round: the token can be neither accepted nor refused. */
  next(): void {
    this.#round += 1
    if (this.#round <= MAX_ROUNDS && performance.now() - this.#startedAt < LAST_START_MS) return
    throw unavailable(new Error(`the token or its owner changed during each of ${this.#round - 1} reads`))
  }
}
