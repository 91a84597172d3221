/** Tells everything in this instance that holds a judgement of a token that it may no longer be true. */

/** News of one token, or of everything that a user owns. */
export interface TokenChange {
  readonly subject: { readonly tokenId: string } | { readonly userId: string }
  /** Whether it is known that the subject may no longer be used; otherwise it has to be judged again. */
  readonly ended: boolean
}

export type ChangeListener = (change: TokenChange) => void

/** A message only ever removes what was remembered, so that a false one costs a read and nothing else. */
export class TokenChanges {
  readonly #listeners: ChangeListener[] = []

  /** Listeners are called in the order in which they came, before `announce` returns. */
  listen(listener: ChangeListener): void {
    this.#listeners.push(listener)
  }

  announce(change: TokenChange): void {
    for (const listener of this.#listeners) listener(change)
  }
}
