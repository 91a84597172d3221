/** The times of JWTs of other parties: how far ahead they may be, and how long one that is good once is remembered. */

import { MAX_CLOCK_SKEW_MS } from '../token/claims.ts'

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

/**
 * Whether a JWT says that it was issued later than now (RFC 7519 §4.1.6), by more than the clocks of two parties may differ.
 *
 * @param iat Seconds since the epoch, if it is there.
 * @param now Milliseconds since the epoch.
 */
export function isAhead(iat: unknown, now: number): boolean {
  return typeof iat === 'number' && iat * 1000 > now + MAX_CLOCK_SKEW_MS
}
