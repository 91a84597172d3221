/** The verified token of a request: `request.apiToken`. */

import type { JsonObject, RateLimit } from './token.ts'

export interface VerifiedToken {
  /** The token's id, never its credential. */
  readonly id: string
  /** The owner. */
  readonly userId: string
  /** The granted scopes that the owner has now. */
  readonly scopes: readonly string[]
  readonly name: string | null
  /** Data of the host, deeply frozen; `null` without. */
  readonly metadata: JsonObject | null
  /** For `tokenRateLimit`. The plugin itself counts no requests. `null` without a limit. */
  readonly rateLimit: RateLimit | null
  readonly issuedAt: Date
  readonly expiresAt: Date | null
  /**
   * With `identityProvider`, the provider's access token of the user, for calls to other services; otherwise `null`. It is
   * not enumerable, so that logging or serializing the token leaves it out.
   */
  readonly accessToken: string | null
  /**
   * Fires when the token ends while the request runs: revoked, disabled, expired or idle, or its owner deactivated or
   * removed. Use it to end streams. Each request has its own signal.
   *
   * @example reply.send(Readable.from(words(), { signal: request.apiToken?.signal }))
   */
  readonly signal: AbortSignal
}
