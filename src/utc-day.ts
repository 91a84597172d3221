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

/**
 * A moment in two small numbers, which lie in the object that has them. A larger number lies apart from its object, and
 * to read it is one more look into the memory.
 */
export interface DayTime {
  /** In days of UTC since the epoch. */
  readonly day: number
  /** Whole milliseconds of that day. */
  readonly ms: number
}

export function splitTime(time: number): DayTime {
  const first = startOfDay(time)
  return { day: first / DAY_MS, ms: Math.trunc(time - first) }
}

/** The moment as one number, in milliseconds since the epoch. */
export function joinTime({ day, ms }: DayTime): number {
  return day * DAY_MS + ms
}

/** Takes moments apart that mostly lie in the same day: a comparison costs less than a division. */
export class DayClock implements DayTime {
  day = 0
  ms = 0
  #first = 0

  /** The answer is good until the next call. */
  split(time: number): DayTime {
    if (time < this.#first || time >= this.#first + DAY_MS) {
      this.#first = startOfDay(time)
      this.day = this.#first / DAY_MS
    }
    // The operator makes it a small number for the engine, too.
    this.ms = (time - this.#first) | 0
    return this
  }
}
