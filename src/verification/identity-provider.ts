/** Where the identity provider holds the tokens: what is asked of it. */

/** What the provider says of a refresh token. */
export type RefreshResult =
  | {
      readonly outcome: 'good'
      readonly accessToken: string
      /** Until when that is good, in milliseconds since the epoch; `null` if the provider does not say. */
      readonly expiresAt: number | null
    }
  /** It is good no more: its user is gone or deactivated, it lay idle, or it was revoked (RFC 6749 §5.2). */
  | { readonly outcome: 'ended' }

export interface IdentityProvider {
  /**
   * A refresh token for the user whom the subject token is of (RFC 8693).
   *
   * @throws {ProviderRefused} With the reason.
   * @throws {StoreUnavailable} When the provider cannot be asked.
   */
  obtain(subjectToken: string): Promise<string>

  /**
   * Asks whether it still is good, by using it (RFC 6749 §6).
   *
   * @throws {StoreUnavailable} When the provider does not say: neither a refusal nor a pass.
   */
  refresh(refreshToken: string, now: number): Promise<RefreshResult>

  /** Revokes what nobody will use (RFC 7009), as far as the provider lets. */
  revoke(refreshToken: string): Promise<void>
}
