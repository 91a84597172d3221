/** Durations in options: milliseconds, or a string such as `'60s'`. */

import { inspect } from 'node:util'
import { parse } from '@lukeed/ms'
import { InvalidOption } from './errors.ts'

/** Milliseconds as a number, or a string with a unit: `'250ms'`, `'60s'`, `'5m'`, `'12h'`, `'30d'`. */
export type Duration = number | string

/** The longest duration: 100 years. A longer one is most likely in the wrong unit. */
export const MAX_DURATION_MS = 100 * 365.25 * 24 * 60 * 60 * 1000

/**
 * A duration in milliseconds.
 *
 * @param option The path of the option, for the error.
 * @throws {InvalidOption} For anything but whole milliseconds of at least 1, or a string with such a duration.
 */
export function durationMs(duration: unknown, option: string, maxMs: number = MAX_DURATION_MS): number {
  const ms = parseDuration(duration)
  if (ms !== undefined && ms >= 1 && ms <= maxMs) return ms
  throw new InvalidOption(
    `${option} must be milliseconds from 1 to ${maxMs}, or a string such as '60s', not ${shown(duration)}`,
  )
}

/** A duration in whole milliseconds, which may be 0 or negative; `undefined` for an invalid one. */
export function parseDuration(duration: unknown): number | undefined {
  const ms = typeof duration === 'string' ? parseText(duration) : duration
  return typeof ms === 'number' && Number.isInteger(ms) ? ms : undefined
}

/** A string needs a unit: without one, seconds could be meant. */
function parseText(duration: string): number | undefined {
  const text = duration.trim()
  return /[a-z]$/i.test(text) ? parse(text) : undefined
}

/** Not every value can be written as JSON. */
function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : inspect(value, { depth: 0 })
}
