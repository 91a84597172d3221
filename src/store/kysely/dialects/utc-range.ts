/** Writes moments as texts in UTC, within the range that every database has: from the year 1000 to the year 9999. */

const FIRST = Date.UTC(1000, 0, 1)
/** The last moment that every database has. It stands for "never" where a column must not be null. */
export const END_OF_TIME = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/** `2026-01-01T00:00:00.000Z`. A moment out of the range is the nearest that is in it. */
export function isoInRange(ms: number): string {
  return new Date(Math.min(Math.max(ms, FIRST), END_OF_TIME)).toISOString()
}
