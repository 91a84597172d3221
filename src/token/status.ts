/** The status of a token at a given moment. */

import type { OwnerRecord, StatusReason, TokenRecord } from './token.ts'

export const TOKEN_STATUSES = ['active', 'inactive', 'revoked', 'expired'] as const

export type TokenStatus = (typeof TOKEN_STATUSES)[number]

/** The status of a token at a moment, and the reason if there is one. */
export interface TokenState {
  readonly status: TokenStatus
  readonly reason: StatusReason | null
}

/** The time and the settings of an evaluation. */
export interface Moment {
  readonly now: number
  /** Milliseconds without use after which a token is idle, or `null` for never. */
  readonly idleTimeoutMs: number | null
  /** The age at which every token expires, in milliseconds, or `null` for none: see `expiresAtOf`. */
  readonly maxAgeMs: number | null
}

const ACTIVE: TokenState = { status: 'active', reason: null }
const EXPIRED: TokenState = { status: 'expired', reason: null }
const IDLE: TokenState = { status: 'inactive', reason: 'idle' }
const ROTATED: TokenState = { status: 'revoked', reason: 'rotated' }

/**
 * Evaluates a token at `now`. A permanent end decides first: revoked, all of the owner's revoked, rotated, expired. Then what can be
 * undone: disabled, idle. The status of the owner is not part of a token's status and is not evaluated here.
 *
 * @example judge(token, owner, { now: Date.now(), idleTimeoutMs: 2_592_000_000, maxAgeMs: null }).status // 'active'
 */
export function judge(token: TokenRecord, owner: OwnerRecord | null, moment: Moment): TokenState {
  if (token.status === 'revoked') return { status: 'revoked', reason: token.statusReason }
  if (owner !== null && token.generation < owner.generation)
    return { status: 'revoked', reason: owner.endedReason }
  if (token.graceEndsAt !== null && moment.now >= token.graceEndsAt) return ROTATED
  if (isExpired(token, moment)) return EXPIRED
  if (token.status === 'inactive') return { status: 'inactive', reason: token.statusReason }
  if (isIdle(token, moment)) return IDLE
  return ACTIVE
}

/** The last millisecond at which an unused token is not idle. */
export function idleExpiresAt(token: TokenRecord, idleTimeoutMs: number | null): number | null {
  return idleTimeoutMs === null ? null : token.idleFrom + idleTimeoutMs
}

/** When the idle warning of an unused token begins. */
export function idleWarningAt(
  token: TokenRecord,
  { idleTimeoutMs, idleWarningMs }: { idleTimeoutMs: number | null; idleWarningMs: number | null },
): number | null {
  const end = idleExpiresAt(token, idleTimeoutMs)
  return end === null || idleWarningMs === null ? null : end - idleWarningMs
}

/**
 * When a token expires: at the issued time, or at the maximum age (`expiry.enforce: 'all'`) if that is earlier. The row
 * keeps the issued time, because the credential's signature covers it.
 */
export function expiresAtOf(
  { createdAt, expiresAt }: Pick<TokenRecord, 'createdAt' | 'expiresAt'>,
  maxAgeMs: number | null,
): number | null {
  return earlier(expiresAt, maxAgeMs === null ? null : createdAt + maxAgeMs)
}

/** When a token ends by the clock: at its expiry, or at the end of its grace period if that is earlier. */
export function endsAt(
  token: Pick<TokenRecord, 'createdAt' | 'expiresAt' | 'graceEndsAt'>,
  maxAgeMs: number | null,
): number | null {
  return earlier(expiresAtOf(token, maxAgeMs), token.graceEndsAt)
}

function earlier(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b)
}

/** RFC 7519 §4.1.4: on or after `exp` the token must not be accepted. */
function isExpired(token: TokenRecord, { now, maxAgeMs }: Moment): boolean {
  const expiresAt = expiresAtOf(token, maxAgeMs)
  return expiresAt !== null && now >= expiresAt
}

function isIdle(token: TokenRecord, { now, idleTimeoutMs }: Moment): boolean {
  const end = idleExpiresAt(token, idleTimeoutMs)
  return end !== null && now > end
}
