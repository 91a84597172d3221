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

/**
 * A time as two small integers. V8 stores small integers within an object and larger numbers outside of it, which costs
 * another memory access.
 */
export interface DayTime {
  /** In days (UTC) since the epoch. */
  readonly dayNumber: number
  /** Whole milliseconds of that day. */
  readonly ms: number
}

/** The time as milliseconds since the epoch. */
export function joinTime({ dayNumber, ms }: DayTime): number {
  return dayNumber * DAY_MS + ms
}

/** Splits times that mostly lie in the same day: a comparison is cheaper than a division. */
export class DayClock implements DayTime {
  dayNumber = 0
  ms = 0
  #first = 0

  /** The result is valid until the next call. */
  split(time: number): DayTime {
    if (time < this.#first || time >= this.#first + DAY_MS) {
      this.#first = startOfDay(time)
      this.dayNumber = this.#first / DAY_MS
    }
    // `| 0` makes it a small integer for V8.
    this.ms = (time - this.#first) | 0
    return this
  }
}
