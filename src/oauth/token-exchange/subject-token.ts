/** Verifies the token that a client wants to exchange: whose it is, for whom, and that nobody made it up. */

import { decodeJwt, decodeProtectedHeader, errors, jwtVerify } from 'jose'
import type { Clock } from '../../clock.ts'
import { InvalidOption } from '../../errors.ts'
import { TOKEN_TYPE } from '../../token/claims.ts'
import { hasPrefix, type TokenPrefixes } from '../../token/credential.ts'
import { OAuthError, outage } from '../oauth-error.ts'
import type { SubjectClaims, SubjectTokenType } from '../oauth-options.ts'
import { providerFailure } from '../provider-error.ts'
import { CLOCK_TOLERANCE_S } from '../replay-memory.ts'
import { faultOfKey, ProviderKeys } from './provider-keys.ts'
import { claimsFault, isHeaderType, requiredClaims } from './subject-token-rules.ts'
import type { TrustedIssuerSettings } from './trusted-issuers.ts'

export interface SubjectTokensDeps {
  readonly trustedIssuers: ReadonlyMap<string, TrustedIssuerSettings>
  readonly tokenPrefixes: TokenPrefixes
  readonly clock: Clock
}

export interface VerifiedSubject {
  readonly type: SubjectTokenType
  readonly trusted: TrustedIssuerSettings
  readonly claims: SubjectClaims & { readonly exp: number }
  /** Header and payload as they were signed (RFC 7515 §5.2). */
  readonly signedText: string
}

/** What is wrong with the token itself. Everything else is the provider's failure, and no fault of the client. */
const TOKEN_FAULTS = [
  errors.JOSEAlgNotAllowed,
  // A `crit` header (RFC 7515 §4.1.11) that nobody here understands.
  errors.JOSENotSupported,
  errors.JWKSMultipleMatchingKeys,
  errors.JWKSNoMatchingKey,
  errors.JWSInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JWTClaimValidationFailed,
  errors.JWTExpired,
  errors.JWTInvalid,
]

export class SubjectTokens {
  readonly #parts: SubjectTokensDeps
  readonly #keys: ReadonlyMap<string, ProviderKeys>

  constructor(parts: SubjectTokensDeps) {
    this.#parts = parts
    const issuers = [...parts.trustedIssuers.keys()]
    this.#keys = new Map(issuers.map((issuer) => [issuer, new ProviderKeys(issuer, parts.clock)]))
  }

  /** @throws {OAuthError} `invalid_request` (RFC 8693 §2.2.2), or 503 when the issuer's keys cannot be had. */
  async verify(token: string, type: SubjectTokenType): Promise<VerifiedSubject> {
    const { iss, typ } = this.#read(token)
    const trusted = this.#parts.trustedIssuers.get(iss)
    const keys = this.#keys.get(iss)
    if (trusted === undefined || keys === undefined) throw refusal('is of an issuer that is not trusted')
    if (!trusted.subjectTokenTypes.includes(type))
      throw refusal('is of a type that is not taken of its issuer')
    // RFC 9068 §4: an ID token must not pass for an access token, nor the other way round.
    if (!isHeaderType(type, typ)) throw refusal('is not of the type that it is said to be')
    const claims = await this.#claims(token, type, trusted, keys)
    const fault = claimsFault(type, claims, trusted, this.#parts.clock.now())
    if (fault !== undefined) throw refusal(fault)
    return { type, trusted, claims, signedText: token.slice(0, token.lastIndexOf('.')) }
  }

  /** Nothing is believed yet: it only says whom to ask. */
  #read(token: string): { readonly iss: string; readonly typ: string | undefined } {
    const { tokenPrefixes } = this.#parts
    if (hasPrefix(token, tokenPrefixes)) throw refusal('is an API token')
    try {
      const typ = decodeProtectedHeader(token)
        .typ?.toLowerCase()
        .replace(/^application\//, '')
      const { iss } = decodeJwt(token)
      if (typ !== TOKEN_TYPE && typeof iss === 'string') return { iss, typ }
    } catch (cause) {
      throw refusal('is no JWT', cause)
    }
    throw refusal('is an API token, or of no issuer')
  }

  async #claims(
    token: string,
    type: SubjectTokenType,
    { issuer, audience, algorithms }: TrustedIssuerSettings,
    provider: ProviderKeys,
  ): Promise<VerifiedSubject['claims']> {
    const keys = await provider.find().catch((cause) => {
      throw cause instanceof InvalidOption ? unusableKeys(issuer, cause) : keysUnavailable(issuer, cause)
    })
    const cooling = keys.coolingDown
    try {
      const { payload } = await jwtVerify<VerifiedSubject['claims']>(token, keys, {
        issuer,
        audience,
        algorithms: [...algorithms],
        requiredClaims: requiredClaims(type),
        clockTolerance: CLOCK_TOLERANCE_S,
        currentDate: new Date(this.#parts.clock.now()),
      })
      return payload
    } catch (cause) {
      // The key may be new, and its issuer was asked so lately that it is not asked again.
      const unsure = cause instanceof errors.JWKSNoMatchingKey && cooling
      if (!unsure && TOKEN_FAULTS.some((fault) => cause instanceof fault)) throw refusal('is not good', cause)
      const keyFault = faultOfKey(keys, decodeProtectedHeader(token).kid, issuer)
      if (keyFault !== undefined) throw unusableKeys(issuer, keyFault)
      throw keysUnavailable(issuer, providerFailure(`reading the keys of ${issuer}`, cause))
    }
  }
}

function keysUnavailable(issuer: string, cause: unknown): OAuthError {
  return outage(`The keys of ${issuer} cannot be had, try again shortly`, cause)
}

/** Neither the client's fault nor an outage: an operator has to correct the issuer's key, its metadata or the option. */
function unusableKeys(issuer: string, cause: unknown): OAuthError {
  const description = `The keys of ${issuer} cannot be used: the log of this server says why`
  return new OAuthError('server_error', description, { status: 500, cause })
}

/** RFC 8693 §2.2.2: whatever is wrong with the token, the code is the same. */
function refusal(detail: string, cause?: unknown): OAuthError {
  return new OAuthError('invalid_request', `The subject_token ${detail}`, { cause })
}
