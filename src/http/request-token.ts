/** `request.apiToken`: made when it is asked for, from the judgement that the hook left on the request. */

import type { FastifyReply } from 'fastify'
import type { VerifiedToken } from '../token/verified-token.ts'
import type { TokenSignals } from '../verification/token-signals.ts'
import type { VerificationEntry } from '../verification/verification-entry.ts'

/** What a hook leaves on a request whose token it has verified. */
export class RequestVerification {
  readonly entry: VerificationEntry
  /** Whether every check of the latest hook passed. A request's token is shown only then. */
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
    this.#token ??= verifiedToken(this.entry, () => this.#holdSignal())
    return this.#token
  }

  /** The token is judged again for as long as the answer is not finished. */
  #holdSignal(): AbortSignal {
    const { signal, release } = this.#signals.hold(this.entry)
    const { raw } = this.#reply
    if (raw.closed) release()
    else raw.once('close', release)
    return signal
  }
}

/** A verified token as code sees it, frozen; its signal is held from the first time that it is asked for. */
export function verifiedToken(entry: VerificationEntry, holdSignal: () => AbortSignal): VerifiedToken {
  const { token } = entry
  if (token === null) throw new Error('a token that was not found was taken for verified')
  let signal: AbortSignal | undefined
  const verified = {
    id: token.id,
    userId: token.userId,
    scopes: entry.scopes,
    name: token.name,
    issuedAt: new Date(token.createdAt),
    expiresAt: token.expiresAt === null ? null : new Date(token.expiresAt),
    get signal() {
      signal ??= holdSignal()
      return signal
    },
  }
  return Object.freeze(
    Object.defineProperty(verified, 'accessToken', { value: entry.accessToken }) as VerifiedToken,
  )
}
