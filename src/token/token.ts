/** What the plugin knows of a token and of its owner: the two records that every store keeps. */

/** What a token's row says of itself. Expiry and idleness are judged against the clock, see `judge`. */
export type StoredStatus = 'active' | 'inactive' | 'revoked'

/** Why a token is not active: switched off by its owner, unused for too long, its owner gone, replaced, or ended by the provider that holds it. */
export type StatusReason = 'disabled' | 'idle' | 'user_removed' | 'rotated' | 'provider_ended'

/** Where a use came from, as the request said it. It is personal data. */
export interface LastClient {
  /** Cut to 64 characters. */
  readonly ip: string
  /** The `User-Agent` (RFC 9110 §10.1.5), cut to 255 characters. */
  readonly userAgent: string | null
}

/** One API token as it is stored. Every time is in milliseconds since the epoch (UTC). */
export interface TokenRecord {
  /** The UUIDv7 that the credential carries as `jti` (RFC 7519 §4.1.7). */
  readonly id: string
  /** The owner, the credential's `sub` (RFC 7519 §4.1.2). */
  readonly userId: string
  readonly name: string | null
  readonly description: string | null
  readonly scopes: readonly string[]
  readonly status: StoredStatus
  readonly statusReason: StatusReason | null
  /** The credential's last four characters. */
  readonly hint: string
  /** The key that signed the credential (RFC 7515 §4.1.4). */
  readonly kid: string
  /** The owner's generation at issue: removal of the owner raises it, and older tokens are revoked. */
  readonly generation: number
  readonly createdAt: number
  /** The last change by the owner. Use does not move it. */
  readonly updatedAt: number
  readonly expiresAt: number | null
  readonly lastUsedAt: number | null
  /** Where the idle clock runs from: the latest of issued, last used, switched on. */
  readonly idleFrom: number
  readonly useCount: number
  /** Which of its scopes requests have asked for, see `usedScopes`. */
  readonly scopesUsed: number
  /** Who used it last, where the host keeps that. */
  readonly lastClient: LastClient | null
  readonly revokedAt: number | null
  /** The token that replaces this one, once it is rotated. */
  readonly successorId: string | null
  /** The token that this one replaces, until this one is first used. */
  readonly predecessorId: string | null
  /** When a rotated token ends, unless its successor is used before. */
  readonly graceEndsAt: number | null
}

/** A token before its INSERT, in which the store copies the owner's generation. */
export type UnownedToken = Omit<TokenRecord, 'generation'>

export type OwnerStatus = 'active' | 'inactive' | 'removed'

/** The one row that ends or suspends all tokens of a user. */
export interface OwnerRecord {
  readonly userId: string
  readonly status: OwnerStatus
  readonly generation: number
}

/** A token together with its owner, as one read returns them. An owner without a row is `null`. */
export interface OwnedToken {
  readonly token: TokenRecord
  readonly owner: OwnerRecord | null
}
