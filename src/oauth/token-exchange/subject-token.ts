/** Verifies the subject token of a token exchange: issuer, audience, type and signature. */

import { decodeProtectedHeader, errors, jwtVerify } from 'jose'
import type { Clock } from '../../clock.ts'
import { InvalidOption } from '../../errors.ts'
import { TOKEN_TYPE } from '../../token/claims.ts'
import { hasPrefix, type TokenPrefixes } from '../../token/credential.ts'
import { mediaTypeOf, unverifiedClaims, unverifiedHeader } from '../../token/unverified-jwt.ts'
import { CLOCK_TOLERANCE_S } from '../jwt-times.ts'
import { OAuthError, temporarilyUnavailable } from '../oauth-error.ts'
import type { SubjectClaims, SubjectTokenType } from '../oauth-options.ts'
import { providerFailure } from '../provider-error.ts'
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

/** Errors that the token itself causes. All other errors are failures of the provider. */
const TOKEN_FAULTS = [
  errors.JOSEAlgNotAllowed,
  // A `crit` header (RFC 7515 §4.1.11) that is not supported.
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
  readonly #deps: SubjectTokensDeps
  readonly #keys: ReadonlyMap<string, ProviderKeys>

  constructor(deps: SubjectTokensDeps) {
    this.#deps = deps
    const issuers = [...deps.trustedIssuers.keys()]
    this.#keys = new Map(issuers.map((issuer) => [issuer, new ProviderKeys(issuer, deps.clock)]))
  }

  /** @throws {OAuthError} `invalid_request` (RFC 8693 §2.2.2), or 503 if the issuer's keys are unavailable. */
  async verify(token: string, type: SubjectTokenType): Promise<VerifiedSubject> {
    const { iss, typ } = this.#read(token)
    const trusted = this.#deps.trustedIssuers.get(iss)
    const keys = this.#keys.get(iss)
    if (trusted === undefined || keys === undefined) throw rejection('has an issuer that is not trusted')
    if (!trusted.subjectTokenTypes.includes(type))
      throw rejection('has a type that is not accepted from its issuer')
    // RFC 9068 §4: an ID token must not pass for an access token, nor the other way round.
    if (!isHeaderType(type, typ)) throw rejection('is not of the type that subject_token_type names')
    const claims = await this.#claims(token, type, trusted, keys)
    const fault = claimsFault(type, claims, trusted, this.#deps.clock.now())
    if (fault !== undefined) throw rejection(fault)
    return { type, trusted, claims, signedText: token.slice(0, token.lastIndexOf('.')) }
  }

  /** Not verified yet: the issuer is only used to select the keys. */
  #read(token: string): { readonly iss: string; readonly typ: string | undefined } {
    const { tokenPrefixes } = this.#deps
    if (hasPrefix(token, tokenPrefixes)) throw rejection('is an API token')
    const [header, claims] = [unverifiedHeader(token), unverifiedClaims(token)]
    if (header === undefined || claims === undefined) throw rejection('is not a JWT')
    const typ = mediaTypeOf(header['typ'])
    const { iss } = claims
    if (typ !== TOKEN_TYPE && typeof iss === 'string') return { iss, typ }
    throw rejection('is an API token, or has no issuer')
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
        currentDate: new Date(this.#deps.clock.now()),
      })
      return payload
    } catch (cause) {
      // The key may be new, but the keys were fetched so recently that they are not fetched again.
      const mayBeNew = cause instanceof errors.JWKSNoMatchingKey && cooling
      if (!mayBeNew && TOKEN_FAULTS.some((fault) => cause instanceof fault))
        throw rejection('is not valid', cause)
      const keyFault = faultOfKey(keys, decodeProtectedHeader(token).kid, issuer)
      if (keyFault !== undefined) throw unusableKeys(issuer, keyFault)
      throw keysUnavailable(issuer, providerFailure(`reading the keys of ${issuer}`, cause))
    }
  }
}

function keysUnavailable(issuer: string, cause: unknown): OAuthError {
  return temporarilyUnavailable(`The keys of ${issuer} are temporarily unavailable, try again shortly`, cause)
}

/** An operator must correct the issuer's key, its metadata or the option: neither the client nor a retry can help. */
function unusableKeys(issuer: string, cause: unknown): OAuthError {
  const description = `The keys of ${issuer} cannot be used: see the log of this server`
  return new OAuthError('server_error', description, { status: 500, cause })
}

/** RFC 8693 §2.2.2: every fault of the token has the same code. */
function rejection(detail: string, cause?: unknown): OAuthError {
  return new OAuthError('invalid_request', `The subject_token ${detail}`, { cause })
}
