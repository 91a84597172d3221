/** Tells everything in this instance that holds a judgement of a token that it may no longer be true. */

import type { ChangeSubject } from '../store/change-feed.ts'

/** News of one token, or of everything that a user owns. */
export interface TokenChange {
  readonly subject: ChangeSubject
  /** Whether it is known that the subject may no longer be used; otherwise it has to be judged again. */
  readonly ended: boolean
}

export type ChangeListener = (change: TokenChange) => void

/** A message only ever removes what was remembered, so that a false one costs a read and nothing else. */
export class TokenChanges {
  readonly #listeners: ChangeListener[] = []
  #tellOthers: (subject: ChangeSubject) => void = () => undefined

  /** Listeners are called in the order in which they came, before `announce` returns. */
  listen(listener: ChangeListener): void {
    this.#listeners.push(listener)
  }

  /** From now on the other instances hear of what happens in this one. */
  tellOthers(tell: (subject: ChangeSubject) => void): void {
    this.#tellOthers = tell
  }

  /** News of a change that was made here. */
  announce(change: TokenChange): void {
    for (const listener of this.#listeners) listener(change)
    this.#tellOthers(change.subject)
  }

  /** News from another instance. Whoever remembers the subject reads it again, whatever the message may have said. */
  hear(subject: ChangeSubject): void {
    for (const listener of this.#listeners) listener({ subject, ended: false })
  }
}
