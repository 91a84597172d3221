/** Days (UTC) of usage. A `dayStart` is the first millisecond of a day, a `dayNumber` its number since the epoch. */

export const DAY_MS = 86_400_000

/** The first millisecond of the day of a time. Every UTC day has the same length. */
export function startOfDay(time: number): number {
  return Math.floor(time / DAY_MS) * DAY_MS
}

/** The number of the day of a time since the epoch. */
export function dayNumberOf(time: number): number {
  return Math.floor(time / DAY_MS)
}

/** Formats a day as RFC 3339 §5.6 `full-date`, such as `2026-01-31`. */
export function dateOfDay(dayStart: number): string {
  return new Date(dayStart).toISOString().slice(0, 10)
}
