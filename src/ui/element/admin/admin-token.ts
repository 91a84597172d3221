/** The bodies of the administration routes. A type test compares them with the server's types. */

import type { Catalogue, IssuedToken, Token } from '../token.ts'

export interface RateLimit {
  readonly max: number
  /** Seconds. */
  readonly time_window: number
}

/** The limits that administrators set on this page. */
export interface Limits {
  /** Addresses and CIDR ranges; `null` for every address. */
  readonly allowed_ips: readonly string[] | null
  readonly rate_limit: RateLimit | null
}

/** The token of any owner. */
export interface AdminToken extends Token, Limits {
  readonly metadata: object | null
}

/** The scopes and lifetimes that a new token may have. */
export type AdminCatalogue = Omit<Catalogue, 'owners'>

export type IssuedAdminToken = AdminToken & IssuedToken

/** A page may be short or even empty without being the last one. */
export interface AdminPage<Row> {
  readonly data: readonly Row[]
  readonly next_cursor: string | null
}

export type OwnerStatus = 'active' | 'inactive' | 'removed'

export const OWNER_STATUSES: readonly OwnerStatus[] = ['active', 'inactive', 'removed']

export interface OwnerRow {
  readonly user_id: string
  readonly status: OwnerStatus
}

export const REASONS = ['leaked', 'unused', 'replaced', 'other'] as const

export type Reason = (typeof REASONS)[number]

/** The result of a revocation of several tokens. */
export interface Revoked {
  /** How many tokens ended; others had ended before. `null` if the service has not counted them. */
  readonly revoked: number | null
  /** The given ids without a token. */
  readonly unknown_ids: readonly string[]
  /** The positions, from 0, of the given credentials without a token. */
  readonly unknown_credentials: readonly number[]
}

/** The most ids, and the most credentials, of one revocation. */
export const MAX_IDS = 500
export const MAX_CREDENTIALS = 100
