/** Durations as a host writes them: milliseconds, or a string such as `'60s'`. */

import { inspect } from 'node:util'
import { parse } from '@lukeed/ms'
import { InvalidOption } from './errors.ts'

/** Milliseconds as a number, or a string with a unit: `'250ms'`, `'60s'`, `'5m'`, `'12h'`, `'30d'`. */
export type Duration = number | string

/** The longest duration: 100 years, beyond which a mistake of unit is likelier than a wish. */
export const MAX_DURATION_MS = 100 * 365.25 * 24 * 60 * 60 * 1000

/**
 * A duration in milliseconds.
 *
 * @param option The path of the option, for the error.
 * @throws {InvalidOption} For anything but a whole number of at least one millisecond, or a string that says one.
 */
export function durationMs(duration: unknown, option: string, maxMs: number = MAX_DURATION_MS): number {
  const ms = typeof duration === 'string' ? parse(duration.trim()) : duration
  if (typeof ms === 'number' && Number.isInteger(ms) && ms >= 1 && ms <= maxMs) return ms
  throw new InvalidOption(
    `${option} must be milliseconds from 1 to ${maxMs}, or a string such as '60s', not ${shown(duration)}`,
  )
}

/** Not every value has a form as JSON. */
function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : inspect(value, { depth: 0 })
}
