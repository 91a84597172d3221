/** Notifies the parts of this instance that cache or watch a token when the token or its owner changes. */

import type { InvalidationTarget } from '../store/change-feed.ts'

/** A token, or all tokens of a user, whose cached verifications are no longer valid. */
export interface Invalidation {
  readonly target: InvalidationTarget
  /** `true` when the target can no longer be used; `false` when it has to be read and evaluated again. */
  readonly ended: boolean
}

export type InvalidationListener = (invalidation: Invalidation) => void

/** An invalidation only removes cache entries, so a superfluous one costs a read and has no other effect. */
export class InvalidationBus {
  readonly #listeners: InvalidationListener[] = []
  #publishToOthers: (target: InvalidationTarget) => void = () => undefined

  /** Listeners are called in the order of their subscription, before `publish` returns. */
  subscribe(listener: InvalidationListener): void {
    this.#listeners.push(listener)
  }

  /** Sets the function that publishes the changes of this instance to the other instances. */
  publishTo(publish: (target: InvalidationTarget) => void): void {
    this.#publishToOthers = publish
  }

  /** Handles a change that this instance made. */
  publish(invalidation: Invalidation): void {
    for (const listener of this.#listeners) listener(invalidation)
    this.#publishToOthers(invalidation.target)
  }

  /**
   * Handles a change that the feed or pub/sub reports. It may be a change of this instance, which costs one more read. It
   * never ends anything by itself: listeners read the store again.
   */
  receive(target: InvalidationTarget): void {
    for (const listener of this.#listeners) listener({ target, ended: false })
  }
}
