/** Days as use is counted by them: in UTC, each named by its first millisecond. */

export const DAY_MS = 86_400_000

/** The first millisecond of the day in which a moment lies. Every day of UTC has as many. */
export function startOfDay(time: number): number {
  return Math.floor(time / DAY_MS) * DAY_MS
}

/** A day as it is written (RFC 3339 §5.6 `full-date`): `2026-01-31`. */
export function dateOfDay(day: number): string {
  return new Date(day).toISOString().slice(0, 10)
}
