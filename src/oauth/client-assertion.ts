/** Checks the signed assertions by which clients with keys of their own prove who they are (RFC 7523 §3). */

import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import type { Clock } from '../clock.ts'

/** RFC 7523 §2.2. */
export const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** What a client may sign with. The key decides which of them. */
export const ASSERTION_ALGORITHMS = ['EdDSA', 'Ed25519', 'ES256', 'PS256', 'RS256']

/** RFC 7523 §3 (4): an assertion that lives longer is refused, so that only so many must be remembered. */
const MAX_LIFETIME_S = 600
const CLOCK_TOLERANCE_S = 30
const MAX_JTI_LENGTH = 255
const SWEEP_S = 60

export interface ClientAssertionParts {
  readonly clock: Clock
  /** What `aud` may say: the issuer, or the URL that the assertion was sent to (RFC 7523 §3 (3)). */
  readonly audiences: readonly string[]
}

/** Remembers what it has accepted until that expires: each assertion is good once. */
export class ClientAssertions {
  readonly #parts: ClientAssertionParts
  /** From client and `jti` to the moment of expiry, in seconds. */
  readonly #seen = new Map<string, number>()
  #sweepAt = 0

  constructor(parts: ClientAssertionParts) {
    this.#parts = parts
  }

  /** Whether the assertion is of this client, for us, fresh, and here for the first time. */
  async accept(assertion: string, clientId: string, keys: JWTVerifyGetKey): Promise<boolean> {
    const now = this.#parts.clock.now()
    const claims = await verified(assertion, keys, clientId, now)
    if (claims === undefined || !this.#isForUs(claims)) return false
    const { exp = 0, jti } = claims
    if (exp > now / 1000 + MAX_LIFETIME_S + CLOCK_TOLERANCE_S) return false
    if (typeof jti !== 'string' || jti === '' || jti.length > MAX_JTI_LENGTH) return false
    return this.#isFirst(JSON.stringify([clientId, jti]), exp, now / 1000)
  }

  /** Every audience must be one of ours: an assertion for others too could have been replayed by them. */
  #isForUs({ aud }: JWTPayload): boolean {
    const audiences = typeof aud === 'string' ? [aud] : (aud ?? [])
    return audiences.length > 0 && audiences.every((audience) => this.#parts.audiences.includes(audience))
  }

  #isFirst(key: string, exp: number, now: number): boolean {
    this.#forgetExpired(now)
    if (this.#seen.has(key)) return false
    this.#seen.set(key, exp)
    return true
  }

  /** Once a minute, so that a busy client does not pay for all that it has sent before. */
  #forgetExpired(now: number): void {
    if (now < this.#sweepAt) return
    this.#sweepAt = now + SWEEP_S
    for (const [key, end] of this.#seen) if (end + CLOCK_TOLERANCE_S < now) this.#seen.delete(key)
  }
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
