/** Verifies the signed assertions with which clients authenticate by `private_key_jwt` (RFC 7523 §3). */

import { hash, randomUUID } from 'node:crypto'
import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import type { Clock } from '../../clock.ts'
import type { TokenStore } from '../../store/token-store.ts'
import { CLOCK_TOLERANCE_S, isAhead, replayWindowMs } from '../jwt-times.ts'

/** RFC 7523 §2.2. */
export const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** Accepted signature algorithms. The key decides which of them applies. */
export const ASSERTION_ALGORITHMS = ['EdDSA', 'Ed25519', 'ES256', 'PS256', 'RS256']

/** RFC 7523 §3 (4): an assertion with a longer lifetime is refused, which bounds the number of stored uses. */
const MAX_LIFETIME_S = 600
const MAX_JTI_LENGTH = 255

export interface ClientAssertionDeps {
  readonly clock: Clock
  readonly store: Pick<TokenStore, 'acquireLease'>
  /** Accepted values of `aud`: the issuer and the URLs of the endpoints (RFC 7523 §3 (3)). */
  readonly audiences: readonly string[]
}

/**
 * Whether the assertion is signed by this client, for this server, not expired, and not used before.
 *
 * @throws {StoreUnavailable} If the store cannot determine whether it was used before.
 */
export async function acceptAssertion(
  { clock, store, audiences }: ClientAssertionDeps,
  assertion: string,
  clientId: string,
  keys: JWTVerifyGetKey,
): Promise<boolean> {
  const now = clock.now()
  const claims = await verified(assertion, keys, clientId, now)
  if (claims === undefined || !isForUs(claims, audiences)) return false
  const { exp = 0, jti, iat } = claims
  if (isAhead(iat, now)) return false
  const restMs = Math.ceil((exp + CLOCK_TOLERANCE_S) * 1000 - now)
  if (restMs > (MAX_LIFETIME_S + 2 * CLOCK_TOLERANCE_S) * 1000) return false
  if (typeof jti !== 'string' || jti === '' || jti.length > MAX_JTI_LENGTH) return false
  // A lease that is never released: the first request with the assertion gets it, on any instance.
  const name = `assertion ${hash('sha256', JSON.stringify([clientId, jti]), 'base64url')}`
  return store.acquireLease({ name, holder: randomUUID(), ms: replayWindowMs(exp, now) })
}

/** Every audience must be ours: another server that accepts the same assertion could replay it here. */
function isForUs({ aud }: JWTPayload, ours: readonly string[]): boolean {
  const audiences = typeof aud === 'string' ? [aud] : (aud ?? [])
  return audiences.length > 0 && audiences.every((audience) => ours.includes(audience))
}

async function verified(
  assertion: string,
  keys: JWTVerifyGetKey,
  clientId: string,
  now: number,
): Promise<JWTPayload | undefined> {
  try {
    const { payload } = await jwtVerify(assertion, keys, {
      algorithms: ASSERTION_ALGORITHMS,
      issuer: clientId,
      subject: clientId,
      requiredClaims: ['iss', 'sub', 'aud', 'exp', 'jti'],
      clockTolerance: CLOCK_TOLERANCE_S,
      currentDate: new Date(now),
    })
    return payload
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError) return undefined
    throw error
  }
}
