/**
 * Remembers of each connection which credential it last carried and what was made of it, so that a client that
 * keeps its connection costs one comparison of strings instead of a digest and a look-up.
 */

import type { VerificationEntry } from '../verification/verification-entry.ts'

interface Remembered {
  /** As it came in the header of a connection that lives, and no longer than that lives. */
  credential: string
  entry: VerificationEntry
}

/** One per instance of the plugin: what one has verified says nothing to another. */
export class ConnectionMemory {
  readonly #last = new WeakMap<object, Remembered>()

  /** What was made of this credential when the connection last carried it; whether it holds yet is not said. */
  recall(connection: object, credential: string): VerificationEntry | undefined {
    const last = this.#last.get(connection)
    return last !== undefined && last.credential === credential ? last.entry : undefined
  }

  remember(connection: object, credential: string, entry: VerificationEntry): void {
    const last = this.#last.get(connection)
    if (last === undefined) {
      this.#last.set(connection, { credential, entry })
    } else {
      last.credential = credential
      last.entry = entry
    }
  }
}
