/** Tells everything in this instance that holds a judgement of a token that it may no longer be true. */

import type { InvalidationTarget } from '../store/change-feed.ts'

/** News of one token, or of everything that a user owns. */
export interface Invalidation {
  readonly subject: InvalidationTarget
  /** Whether it is known that the subject may no longer be used; otherwise it has to be judged again. */
  readonly ended: boolean
}

export type InvalidationListener = (change: Invalidation) => void

/** A message only ever removes what was remembered, so that a false one costs a read and nothing else. */
export class TokenChanges {
  readonly #listeners: InvalidationListener[] = []
  #publishTo: (subject: InvalidationTarget) => void = () => undefined

  /** Listeners are called in the order in which they came, before `announce` returns. */
  listen(listener: InvalidationListener): void {
    this.#listeners.push(listener)
  }

  /** From now on the other instances hear of what happens in this one. */
  publishTo(tell: (subject: InvalidationTarget) => void): void {
    this.#publishTo = tell
  }

  /** News of a change that was made here. */
  announce(change: Invalidation): void {
    for (const listener of this.#listeners) listener(change)
    this.#publishTo(change.subject)
  }

  /** News from another instance. Whoever remembers the subject reads it again, whatever the message may have said. */
  hear(subject: InvalidationTarget): void {
    for (const listener of this.#listeners) listener({ subject, ended: false })
  }
}
