/** How long a JWT that is good once must be remembered, so that no instance accepts it a second time. */

/** For how long after `exp` a JWT of another party is still accepted, in seconds. */
export const CLOCK_TOLERANCE_S = 30

/** By how much the clocks of instances may differ: one that is late accepts a JWT for so much longer. */
const MAX_SKEW_MS = 600_000

/**
 * Milliseconds from now on.
 *
 * @param exp Seconds since the epoch (RFC 7519 §4.1.4).
 * @param now Milliseconds since the epoch, by the clock of this instance.
 */
export function rememberedMs(exp: number, now: number): number {
  return Math.max(0, (Math.ceil(exp) + CLOCK_TOLERANCE_S) * 1000 - now) + MAX_SKEW_MS
}
