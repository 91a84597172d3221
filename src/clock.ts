/** The clock: read once per operation and passed down as `now`. */

import { InvalidResult } from './errors.ts'

/** A source of the time. */
export interface Clock {
  /** Milliseconds since the epoch (UTC). */
  now(): number
}

export const systemClock: Clock = { now: () => Date.now() }

/** The last millisecond of the year 9999, the latest time that every database can store. */
const LATEST = 253_402_300_799_999

/**
 * A host's clock with checked results. With `NaN`, for example, no token would ever expire, because every comparison is
 * false.
 *
 * @throws {InvalidResult} From `now()`, for anything but milliseconds from the epoch to the year 9999.
 */
export function checkedClock(clock: Clock): Clock {
  return {
    now: () => {
      const now: unknown = clock.now()
      if (typeof now === 'number' && now >= 0 && now <= LATEST) return Math.floor(now)
      throw new InvalidResult('clock.now() must return milliseconds since the epoch, as a number')
    },
  }
}
