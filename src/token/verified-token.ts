/** What a request learns of the token that it came with. */

export interface VerifiedToken {
  /** The token's id, never its credential. */
  readonly id: string
  /** The owner. */
  readonly userId: string
  /** The granted scopes, cut to what the owner has now. */
  readonly scopes: readonly string[]
  readonly name: string | null
  readonly issuedAt: Date
  readonly expiresAt: Date | null
  /**
   * Where the identity provider holds the tokens, its access token of the user, for calls further on; otherwise
   * `null`. It is not enumerable, so that what logs or serializes the token leaves it out.
   */
  readonly accessToken: string | null
  /**
   * Fires when the token ends while the request runs: revoked, switched off, expired, idle, its owner
   * deactivated or removed. A stream ends itself by it. Each request has a signal of its own.
   *
   * @example reply.send(Readable.from(words(), { signal: request.apiToken?.signal }))
   */
  readonly signal: AbortSignal
}
