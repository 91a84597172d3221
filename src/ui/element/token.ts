/** The response bodies of the token routes. A type test compares them with the server's types. */

import { DAY_MS } from '../../utc-day.ts'

export type Status = 'active' | 'inactive' | 'revoked' | 'expired'

export const STATUSES: readonly Status[] = ['active', 'inactive', 'revoked', 'expired']

export interface Token {
  readonly id: string
  readonly user_id: string
  readonly name: string | null
  readonly description: string | null
  readonly scopes: readonly string[]
  readonly status: Status
  readonly status_reason: string | null
  readonly hint: string
  readonly created_at: string
  readonly created_by: { readonly kind: 'user' | 'admin' | 'code'; readonly id: string | null }
  readonly updated_at: string
  readonly expires_at: string | null
  readonly last_used_at: string | null
  readonly idle_warning_at: string | null
  readonly idle_expires_at: string | null
  readonly use_count: number
  /** Only if the host stores it. */
  readonly last_used_ip?: string | null
  readonly last_used_user_agent?: string | null
}

/** A new token with its credential, which only the responses to issue and rotate contain. */
export interface IssuedToken extends Token {
  readonly token: string
}

export type Counts = Readonly<Partial<Record<Status, number>>>

/** A page may be short or even empty without being the last one. */
export interface TokenPage {
  readonly data: readonly Token[]
  readonly next_cursor: string | null
  /** `null` if the service has not counted them: in a search, and for very many tokens. */
  readonly total: number | null
}

export interface Scope {
  readonly name: string
  readonly description: string | null
}

/** The limits of the lifetime of new tokens, in seconds. */
export interface ExpiryLimits {
  /** `null` if tokens never expire by default. */
  readonly default: number | null
  readonly minimum: number
  /** `null` if tokens need not expire. */
  readonly maximum: number | null
}

/** A further owner whose tokens the user may manage. */
export interface Owner {
  readonly id: string
  readonly name: string | null
}

/** The scopes and lifetimes that a new token may have, and the further owners. */
export interface Catalogue {
  readonly data: readonly Scope[]
  readonly expires_in: ExpiryLimits
  readonly owners: readonly Owner[]
}

export interface DayOfUse {
  /** `2026-01-31`, UTC. */
  readonly date: string
  readonly requests: number
}

export interface Usage {
  readonly data: readonly DayOfUse[]
  /** The granted scopes that requests have needed; only if the host counts them. */
  readonly scopes?: readonly string[]
}

/** Whether a token is revoked or expired. Such tokens have no actions. */
export function hasEnded({ status }: Token): boolean {
  return status === 'revoked' || status === 'expired'
}

/** Whether an active token is within its idle warning. */
export function isIdleWarning({ status, idle_warning_at: warningAt }: Token, now: number): boolean {
  return status === 'active' && warningAt !== null && now >= Date.parse(warningAt)
}

/** The number of whole days since the last use. */
export function unusedDays(token: Token, now: number): number {
  return Math.max(0, Math.floor((now - Date.parse(token.last_used_at ?? token.created_at)) / DAY_MS))
}
