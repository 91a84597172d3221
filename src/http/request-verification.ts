/** `request.apiToken`: created when it is first read, from the entry that the hook stored on the request. */

import type { FastifyReply } from 'fastify'
import type { VerifiedToken } from '../token/verified-token.ts'
import type { TokenSignals } from '../verification/token-signals.ts'
import type { VerificationEntry } from '../verification/verification-entry.ts'
import { verifiedToken } from '../verification/verified-token.ts'
import { isClosed } from './closed-response.ts'

/** The result of a hook, stored on its request. */
export class RequestVerification {
  readonly entry: VerificationEntry
  /** Whether every check of the latest hook passed. Otherwise `request.apiToken` is `null`. */
  isAccepted = false
  readonly #reply: FastifyReply
  readonly #signals: TokenSignals
  #token: VerifiedToken | undefined

  constructor(entry: VerificationEntry, reply: FastifyReply, signals: TokenSignals) {
    this.entry = entry
    this.#reply = reply
    this.#signals = signals
  }

  get token(): VerifiedToken {
    this.#token ??= Object.freeze(verifiedToken(this.entry, () => this.#holdSignal()))
    return this.#token
  }

  /** The signal is watched until the response is closed. */
  #holdSignal(): AbortSignal {
    const { signal, release } = this.#signals.hold(this.entry, this.#reply.request)
    const { raw } = this.#reply
    if (isClosed(raw)) release()
    else raw.once('close', release)
    return signal
  }
}
