/** A time in the database's own type. Write it with `traits.time`, read it with `traits.millis`. */

declare const instant: unique symbol

/** Not assignable from a number, so that the compiler reports a missing conversion. */
export interface Instant {
  readonly [instant]: true
}
