/** The records of a token and of its owner, as every store returns them. */

/** The status in a token's row. Expiry and idleness are evaluated by the clock, see `judge`. */
export type StoredStatus = 'active' | 'inactive' | 'revoked'

/** Why a caller revokes a token. */
export const REVOCATION_REASONS = ['leaked', 'unused', 'replaced', 'other'] as const

export type RevocationReason = (typeof REVOCATION_REASONS)[number]

/** Why a token is not active. `not_delivered`: its credential could not be sent. At most 16 characters. */
export type StatusReason =
  | 'disabled'
  | 'idle'
  | 'user_removed'
  | 'rotated'
  | 'provider_ended'
  | 'not_delivered'
  | RevocationReason

/** The client of a use. Personal data. */
export interface LastClient {
  /** Cut to 64 characters. */
  readonly ip: string
  /** The `User-Agent` (RFC 9110 §10.1.5), cut to 255 characters. */
  readonly userAgent: string | null
}

/** The form of a credential: a signed JWT (RFC 7519), or a short text with a MAC. */
export type CredentialForm = 'jwt' | 'compact'

/** Who created a token. The id is `null` for code without a stated person. */
export interface Creator {
  readonly kind: CreatorKind
  readonly id: string | null
}

/** - `user`: a signed-in user. - `admin`: an administrator. - `code`: a call of `app.apiTokens` without `by`. */
export const CREATOR_KINDS = ['user', 'admin', 'code'] as const

export type CreatorKind = (typeof CREATOR_KINDS)[number]

/** A value of JSON (RFC 8259). */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject

export interface JsonObject {
  readonly [name: string]: JsonValue
}

/** How many requests one token may make: at most `max` in each window. */
export interface RateLimit {
  readonly max: number
  /** In milliseconds. */
  readonly timeWindow: number
}

/** What only code and administrators set on a token. Each is `null` when it is not set. The row's seal covers them. */
export interface TokenLimits {
  /** Data of the host. At most 4,096 bytes of JSON. */
  readonly metadata: JsonObject | null
  /** The addresses that may use the token, as CIDR ranges (RFC 4632) in canonical form. Never empty. */
  readonly allowedIps: readonly string[] | null
  readonly rateLimit: RateLimit | null
}

/** The limits of a token without any. */
export const NO_LIMITS: TokenLimits = Object.freeze({ metadata: null, allowedIps: null, rateLimit: null })

/** One API token as stored. Times are in milliseconds since the epoch (UTC). */
export interface TokenRecord extends TokenLimits {
  /** A UUIDv7, the credential's `jti` (RFC 7519 §4.1.7). */
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
  readonly form: CredentialForm
  /** A MAC by the key `kid` of the columns that decide what the token may do, so that a changed row is refused. */
  readonly seal: string
  /** The owner's generation at issue: see `OwnerRecord`. */
  readonly generation: number
  readonly createdAt: number
  readonly createdBy: Creator
  /** The last change by the owner. Uses do not change it. */
  readonly updatedAt: number
  readonly expiresAt: number | null
  readonly lastUsedAt: number | null
  /** The start of the idle timeout: the latest of issued, last used, enabled. */
  readonly idleFrom: number
  readonly useCount: number
  /** Which of its scopes routes have required, as bits: see `usedScopes`. */
  readonly scopesUsed: number
  /** The client of the last use, with `usage.lastClient`. */
  readonly lastClient: LastClient | null
  readonly revokedAt: number | null
  /** The token that replaces this one after a rotation. */
  readonly successorId: string | null
  /** The token that this one replaces; `null` after the first use of this one. */
  readonly predecessorId: string | null
  /** When a rotated token ends, unless the successor is used before. */
  readonly graceEndsAt: number | null
}

/** A token before its INSERT: the store copies the owner's generation into it. */
export type NewTokenRecord = Omit<TokenRecord, 'generation'>

export const OWNER_STATUSES = ['active', 'inactive', 'removed'] as const

export type OwnerStatus = (typeof OWNER_STATUSES)[number]

/** The one row that ends or suspends all tokens of a user. */
export interface OwnerRecord {
  readonly userId: string
  readonly status: OwnerStatus
  /** Raised by a removal and by a revocation of all tokens. Tokens of earlier generations are revoked. */
  readonly generation: number
  /** Why the tokens of earlier generations were revoked, as of the last time. */
  readonly endedReason: StatusReason | null
}

/** A token with its owner, as one read returns them. `null` for an owner without a row. */
export interface OwnedToken {
  readonly token: TokenRecord
  readonly owner: OwnerRecord | null
}
