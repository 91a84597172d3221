/** The clock: read once per operation and passed down as `now`. */

/** Tells the time. */
export interface Clock {
  /** Milliseconds since the epoch (UTC). */
  now(): number
}

export const systemClock: Clock = { now: () => Date.now() }
