/** Formats times in UTC, within the range that every database supports: the years 1000 to 9999. */

const FIRST = Date.UTC(1000, 0, 1)
/** The last time that every database supports. It means "never" in columns that must not be null. */
export const END_OF_TIME = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/** Such as `2026-01-01T00:00:00.000Z`. A time outside of the range is clamped. */
export function isoInRange(ms: number): string {
  return new Date(Math.min(Math.max(ms, FIRST), END_OF_TIME)).toISOString()
}
