/** Notices that the wall clock falls behind the monotonic clock, also by steps that are too small to notice singly. */

/** By how much the clock may fall behind, in milliseconds. */
const TOLERATED_MS = 1_000

export class ClockDrift {
  /** How far the wall clock was ahead of the monotonic one at most. */
  #farthest = -Infinity

  /** Whether the clock has fallen behind since the last time that it had. To be called every second. */
  fellBehind(now: number): boolean {
    const ahead = now - performance.now()
    const isBehind = ahead < this.#farthest - TOLERATED_MS
    if (isBehind || ahead > this.#farthest) this.#farthest = ahead
    return isBehind
  }
}
