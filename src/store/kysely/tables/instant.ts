/** A moment in a database's own type, to the millisecond: written by `time` of the traits, read by `millis`. */

declare const instant: unique symbol

/** A column of this type takes no number, so that the compiler finds one that was not made a moment of. */
export interface Instant {
  readonly [instant]: true
}
