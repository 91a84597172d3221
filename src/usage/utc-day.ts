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

/** Tells the days of moments that mostly lie in the same one: a comparison costs less than a division. */
export class DayCounter {
  #first = 0
  #day = 0

  /** How many days of UTC have passed since the epoch. */
  dayOf(time: number): number {
    if (time < this.#first || time >= this.#first + DAY_MS) {
      this.#first = startOfDay(time)
      this.#day = this.#first / DAY_MS
    }
    return this.#day
  }
}
