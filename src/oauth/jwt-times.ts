/** Time limits for JWTs of other parties: clock tolerance, and how long the use of a single-use JWT is stored. */

import { MAX_CLOCK_SKEW_MS } from '../token/claims.ts'

/** For how long after `exp` a JWT of another party is still accepted, in seconds. */
export const CLOCK_TOLERANCE_S = 30

/** The maximum clock difference between instances: an instance with a late clock accepts a JWT for longer. */
const MAX_SKEW_MS = 600_000

/**
 * How long the use of a JWT must be stored to prevent a replay, in milliseconds from now.
 *
 * @param exp Seconds since the epoch (RFC 7519 §4.1.4).
 * @param now Milliseconds since the epoch, by the clock of this instance.
 */
export function replayWindowMs(exp: number, now: number): number {
  return Math.max(0, (Math.ceil(exp) + CLOCK_TOLERANCE_S) * 1000 - now) + MAX_SKEW_MS
}

/**
 * Whether the `iat` of a JWT is in the future (RFC 7519 §4.1.6) by more than the accepted clock skew.
 *
 * @param iat Seconds since the epoch, or absent.
 * @param now Milliseconds since the epoch.
 */
export function isAhead(iat: unknown, now: number): boolean {
  return typeof iat === 'number' && iat * 1000 > now + MAX_CLOCK_SKEW_MS
}
