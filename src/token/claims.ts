/** The claims of an API token (RFC 7519 §4.1), and how strictly they are read. */

import { formatScope } from './scope.ts'
import type { NewTokenRecord } from './token.ts'

/** The `typ` header of every credential, so that no other JWT is accepted (RFC 8725 §3.11). */
export const TOKEN_TYPE = 'api-token+jwt'

/** How far `iat` may be ahead of this machine's clock, in milliseconds. */
export const MAX_CLOCK_SKEW_MS = 60_000

export interface TokenClaims {
  readonly iss: string
  readonly aud: string
  readonly sub: string
  readonly jti: string
  /** Seconds since the epoch. */
  readonly iat: number
  /** Seconds since the epoch, only when the token expires. */
  readonly exp?: number
  readonly scope?: string
  /** The SHA-256 of the identity provider's refresh token, with `identityProvider`. */
  readonly rt_hash?: string
}

/** The expected `iss` and `aud`: each is one exact string. */
export interface Audience {
  readonly issuer: string
  readonly audience: string
}

/** The claims of a new token. `exp` is rounded up to the second; the record has the exact time. */
export function claimsOf(
  token: Pick<NewTokenRecord, 'id' | 'userId' | 'createdAt' | 'expiresAt' | 'scopes'>,
  { issuer, audience }: Audience,
  refreshTokenHash?: string,
): TokenClaims {
  return {
    iss: issuer,
    aud: audience,
    sub: token.userId,
    jti: token.id,
    iat: Math.floor(token.createdAt / 1000),
    ...(token.expiresAt === null ? {} : { exp: Math.ceil(token.expiresAt / 1000) }),
    ...(token.scopes.length === 0 ? {} : { scope: formatScope(token.scopes) }),
    ...(refreshTokenHash === undefined ? {} : { rt_hash: refreshTokenHash }),
  }
}

/**
 * Reads the claims of a payload with a valid signature. `undefined` if a claim is missing or has another type, such as a
 * list for `aud`. Unknown members are left out: the caller detects them by comparing the payload with `payloadOf`.
 */
export function readClaims(
  payload: Readonly<Record<string, unknown>>,
  expected: Audience,
  now: number,
): TokenClaims | undefined {
  const { iss, aud, sub, jti, iat, exp, scope, rt_hash: rtHash } = payload
  if (iss !== expected.issuer || aud !== expected.audience) return undefined
  if (typeof sub !== 'string' || sub === '') return undefined
  if (typeof jti !== 'string' || !isTokenId(jti)) return undefined
  if (!isSeconds(iat) || iat * 1000 > now + MAX_CLOCK_SKEW_MS) return undefined
  if (exp !== undefined && !(isSeconds(exp) && exp > iat)) return undefined
  if (scope !== undefined && (typeof scope !== 'string' || scope === '')) return undefined
  if (rtHash !== undefined && typeof rtHash !== 'string') return undefined
  return {
    iss: expected.issuer,
    aud: expected.audience,
    sub,
    jti,
    iat,
    ...(exp === undefined ? {} : { exp }),
    ...(scope === undefined ? {} : { scope }),
    ...(rtHash === undefined ? {} : { rt_hash: rtHash }),
  }
}

/**
 * The exact payload of a credential with these claims: compact JSON, members in the order of `TokenClaims`, in
 * base64url.
 */
export function payloadOf(claims: TokenClaims): string {
  return Buffer.from(JSON.stringify(claims)).toString('base64url')
}

/** RFC 7519 §2, NumericDate. The claims of this package are whole seconds. */
function isSeconds(value: unknown): value is number {
  return Number.isSafeInteger(value)
}

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** Whether a string has the form of a token's id: a UUIDv7 in lower case (RFC 9562 §5.7). */
export function isTokenId(id: string): boolean {
  return UUID_V7.test(id)
}

/** The time in an id, in milliseconds since the epoch: the first 48 bits (RFC 9562 §5.7). */
export function timeOfTokenId(id: string): number {
  return Number.parseInt(id.slice(0, 13).replace('-', ''), 16)
}

/** The first id of a time, in the order of ids. The inverse of `timeOfTokenId`. */
export function firstTokenIdAt(time: number): string {
  const hex = time.toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`
}

/** No id sorts after it. */
export const LAST_TOKEN_ID = 'ffffffff-ffff-7fff-bfff-ffffffffffff'
