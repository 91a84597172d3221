/** Detects that the wall clock falls behind the monotonic clock, also by steps too small to detect one by one. */

/** How far the wall clock may fall behind, in milliseconds. */
const TOLERATED_MS = 1_000

export class ClockDrift {
  /** The largest difference between wall clock and monotonic clock so far. */
  #farthest = -Infinity

  /** Whether the clock has fallen behind since this last returned `true`. Called every second. */
  fellBehind(now: number): boolean {
    const ahead = now - performance.now()
    const isBehind = ahead < this.#farthest - TOLERATED_MS
    if (isBehind || ahead > this.#farthest) this.#farthest = ahead
    return isBehind
  }
}
