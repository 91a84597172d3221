/**
 * Caches, for each connection, the last Authorization header and its verification. A client that keeps its connection
 * open then costs one string comparison instead of parsing, hashing and a cache lookup.
 */

import type { Socket } from 'node:net'
import type { VerificationEntry } from '../verification/verification-entry.ts'
import { hasTwoLines, type RequestHeaders } from './authorization-header.ts'

/** The last verified credential of one connection. */
export class ConnectionMemory {
  #entry: VerificationEntry | undefined
  /** In plaintext, but never longer than the connection is open. */
  #header: string | undefined

  /** The entry of this request's header, if the connection sent the same header before. The entry may be outdated. */
  entryFor({ headers, rawHeaders }: RequestHeaders): VerificationEntry | undefined {
    if (this.#header === undefined || this.#header !== headers.authorization) return undefined
    return hasTwoLines(rawHeaders) ? undefined : this.#entry
  }

  /**
   * Stores the entry of a request's credential. The header is stored when the same credential comes twice in a row:
   * behind a proxy the tokens alternate, and storing each header would cost more than it saves.
   */
  store({ headers }: RequestHeaders, entry: VerificationEntry): void {
    if (!entry.live) return
    if (entry === this.#entry) {
      this.#header = headers.authorization
    } else {
      this.#entry = entry
      this.#header = undefined
    }
  }
}

/** One per plugin instance, because an entry is valid only in the instance that verified it. */
export class ConnectionMemories {
  readonly #ofSockets = new WeakMap<Socket, ConnectionMemory>()

  /** Some test clients and adapters send requests without a socket: nothing is cached for those. */
  of(socket: Socket | null | undefined): ConnectionMemory {
    if (socket === null || socket === undefined) return new ConnectionMemory()
    const known = this.#ofSockets.get(socket)
    if (known !== undefined) return known
    const memory = new ConnectionMemory()
    this.#ofSockets.set(socket, memory)
    return memory
  }
}
