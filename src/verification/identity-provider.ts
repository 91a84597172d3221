/** The identity provider's side of `identityProvider: offlineTokens(…)`, as verification and issuing use it. */

/** The result of using a refresh token. */
export type RefreshResult =
  | {
      readonly outcome: 'good'
      readonly accessToken: string
      /** When the access token expires, in milliseconds since the epoch; `null` if the provider does not say. */
      readonly expiresAt: number | null
    }
  /** No longer valid (RFC 6749 §5.2): the user is deactivated or deleted, or the refresh token is idle or revoked. */
  | { readonly outcome: 'ended' }

export interface IdentityProvider {
  /**
   * Exchanges the user's subject token for a refresh token (RFC 8693).
   *
   * @throws {ProviderRefused} With the reason.
   * @throws {StoreUnavailable} When the provider is unavailable.
   */
  obtain(subjectToken: string): Promise<string>

  /**
   * Uses a refresh token to find out whether it is still valid (RFC 6749 §6).
   *
   * @throws {StoreUnavailable} When the provider is unavailable: the token is neither accepted nor refused.
   */
  refresh(refreshToken: string, now: number): Promise<RefreshResult>

  /** Revokes a refresh token that will not be used (RFC 7009), if the provider has a revocation endpoint. */
  revoke(refreshToken: string): Promise<void>
}
