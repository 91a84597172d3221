/**
 * Remembers of each connection which Authorization header it last carried and what was made of it, so that a client
 * that keeps its connection costs one comparison of strings instead of reading the header, a digest and a look-up.
 */

import type { Socket } from 'node:net'
import type { VerificationEntry } from '../verification/verification-entry.ts'
import { hasTwoLines, type RequestHeaders } from './authorization-header.ts'

interface Remembered {
  /** As it came in a request of a connection that lives, and no longer than that lives. */
  header: string
  entry: VerificationEntry
}

/** A request as Node parsed it, and its connection. */
interface CarriedHeaders extends RequestHeaders {
  readonly socket: Socket
}

/** One per instance of the plugin: what one has verified says nothing to another. */
export class ConnectionMemory {
  readonly #last = new WeakMap<Socket, Remembered>()

  /** What was made of this header when the connection last carried it; whether it holds yet is not said. */
  recall({ socket, headers, rawHeaders }: CarriedHeaders): VerificationEntry | undefined {
    const last = this.#last.get(socket)
    if (last === undefined || last.header !== headers.authorization) return undefined
    return hasTwoLines(rawHeaders) ? undefined : last.entry
  }

  /** Keeps what was made of the request's one bearer credential. */
  remember({ socket, headers: { authorization } }: CarriedHeaders, entry: VerificationEntry): void {
    if (authorization === undefined || !entry.live) return
    const last = this.#last.get(socket)
    if (last === undefined) {
      this.#last.set(socket, { header: authorization, entry })
    } else {
      last.header = authorization
      last.entry = entry
    }
  }
}
