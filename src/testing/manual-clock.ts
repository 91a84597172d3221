/** A clock that tests move: 31 days pass in no time. */

import type { Clock } from '../clock.ts'
import { type Duration, durationMs } from '../duration.ts'
import { InvalidOption } from '../errors.ts'
import { noMore } from '../option-values.ts'

export interface ManualClock extends Clock {
  /** Moves the clock forward. */
  advance(duration: Duration): void
}

/**
 * Makes a clock that stands still until it is moved.
 *
 * @param start Milliseconds since the epoch. Default: now.
 * @example
 * const clock = manualClock()
 * await app.register(apiTokens, { clock, authenticateUser })
 * clock.advance('31d')
 */
export function manualClock(start: number = Date.now(), ...more: never[]): ManualClock {
  noMore('manualClock', more)
  if (!Number.isFinite(start))
    throw new InvalidOption('manualClock: start must be milliseconds since the epoch')
  let now = start
  return {
    now: () => now,
    advance: (duration) => {
      now += durationMs(duration, 'duration')
    },
  }
}
