/** `request.apiToken`: made when it is asked for, from the judgement that the hook left on the request. */

import type { FastifyReply } from 'fastify'
import type { VerifiedToken } from '../token/verified-token.ts'
import type { TokenSignals, TrackedSignal } from '../verification/token-signals.ts'
import type { VerificationEntry } from '../verification/verification-entry.ts'
import { isClosed } from './closed-response.ts'

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
    this.#token ??= Object.freeze(verifiedToken(this.entry, () => this.#holdSignal()))
    return this.#token
  }

  /** The token is judged again for as long as the answer is not finished. */
  #holdSignal(): AbortSignal {
    const { signal, release } = this.#signals.hold(this.entry)
    const { raw } = this.#reply
    if (isClosed(raw)) release()
    else raw.once('close', release)
    return signal
  }
}

/** The result of `verify`: a verified token that says when it is done with, since no response ends its watch. */
export function disposableToken(
  entry: VerificationEntry,
  hold: () => TrackedSignal,
): VerifiedToken & Disposable {
  let held: TrackedSignal | undefined
  let isDisposed = false
  const holdSignal = () => {
    // A signal that never fires would let work go on: the work ends instead.
    if (isDisposed) return AbortSignal.abort()
    held = hold()
    return held.signal
  }
  const dispose = () => {
    isDisposed = true
    held?.release()
  }
  const verified = verifiedToken(entry, holdSignal)
  // Not enumerable, so that a copy of the token leaves it out.
  Object.defineProperty(verified, Symbol.dispose, { value: dispose })
  return Object.freeze(verified as VerifiedToken & Disposable)
}

/** A verified token as code sees it, not frozen yet; its signal is held from the first time that it is read. */
function verifiedToken(entry: VerificationEntry, holdSignal: () => AbortSignal): VerifiedToken {
  const { token, expiresAt } = entry
  if (token === null) throw new Error('a token that was not found was taken for verified')
  let signal: AbortSignal | undefined
  const verified = {
    id: token.id,
    userId: token.userId,
    scopes: entry.scopes,
    name: token.name,
    issuedAt: new Date(token.createdAt),
    expiresAt: expiresAt === null ? null : new Date(expiresAt),
    get signal() {
      signal ??= holdSignal()
      return signal
    },
  }
  return Object.defineProperty(verified, 'accessToken', { value: entry.accessToken }) as VerifiedToken
}
