/** Exponential backoff: the pause doubles with each failed attempt, up to a limit. */

export interface BackoffRules {
  readonly firstMs: number
  readonly longestMs: number
}

export class Backoff {
  readonly #rules: BackoffRules
  #failed = 0
  /** By the monotonic clock. */
  #pausedUntil = 0

  constructor(rules: BackoffRules) {
    this.#rules = rules
  }

  /** Whether the last attempt failed. */
  get hasFailed(): boolean {
    return this.#failed > 0
  }

  get isPaused(): boolean {
    return this.hasFailed && performance.now() < this.#pausedUntil
  }

  failed(): void {
    const { firstMs, longestMs } = this.#rules
    this.#pausedUntil = performance.now() + Math.min(longestMs, firstMs * 2 ** this.#failed)
    this.#failed += 1
  }

  succeeded(): void {
    this.#failed = 0
  }
}
