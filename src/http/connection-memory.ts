/**
 * Remembers of each connection which Authorization header it carries again and again and what was made of it, so that
 * a client that keeps its connection costs one comparison of strings instead of reading the header, a digest and a
 * look-up.
 */

import type { Socket } from 'node:net'
import type { VerificationEntry } from '../verification/verification-entry.ts'
import { hasTwoLines, type RequestHeaders } from './authorization-header.ts'

/** What one connection carried last. */
export class ConnectionMemory {
  #entry: VerificationEntry | undefined
  /** As it came in a request of a connection that lives, and no longer than that lives. */
  #header: string | undefined

  /** What was made of this header when the connection last carried it; whether it holds yet is not said. */
  getAndCount({ headers, rawHeaders }: RequestHeaders): VerificationEntry | undefined {
    if (this.#header === undefined || this.#header !== headers.authorization) return undefined
    return hasTwoLines(rawHeaders) ? undefined : this.#entry
  }

  /**
   * Keeps what was made of a request's one bearer credential: the header from the second time in a row on, since
   * behind a proxy tokens take turns, and a text that is kept of each request costs more than it brings.
   */
  remember({ headers }: RequestHeaders, entry: VerificationEntry): void {
    if (!entry.live) return
    if (entry === this.#entry) {
      this.#header = headers.authorization
    } else {
      this.#entry = entry
      this.#header = undefined
    }
  }
}

/** One per instance of the plugin: what one has verified says nothing to another. */
export class ConnectionMemories {
  readonly #ofSockets = new WeakMap<Socket, ConnectionMemory>()

  /** A request that was made without a connection, as by some test clients and adapters, has nothing to remember. */
  of(socket: Socket | null | undefined): ConnectionMemory {
    if (socket === null || socket === undefined) return new ConnectionMemory()
    const known = this.#ofSockets.get(socket)
    if (known !== undefined) return known
    const memory = new ConnectionMemory()
    this.#ofSockets.set(socket, memory)
    return memory
  }
}
