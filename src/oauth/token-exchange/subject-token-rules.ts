/**
 * The rules that a JWT of a trusted issuer must meet for the subject token type that the client names (RFC 8693 §3). A
 * provider signs many types of JWT with the same keys, so each type has its own rules (RFC 8725 §3.11).
 */

import { isAhead } from '../jwt-times.ts'
import type { SubjectClaims, SubjectTokenType } from '../oauth-options.ts'

/** The settings of an issuer that the rules use. */
export interface SubjectTokenRules {
  readonly audience: string
  /** Other audiences that an ID token may have besides `audience`. */
  readonly additionalAudiences: readonly string[]
  /** Other clients that an ID token may have been issued to. */
  readonly authorizedParties: readonly string[]
}

interface TypeRules {
  /** The header's `typ` in lower case without `application/`; `undefined` stands for a header without one. */
  readonly headerTypes: readonly (string | undefined)[]
  /** Accepted values of the claim `typ`, with which Keycloak distinguishes its tokens. */
  readonly claimTypes: readonly unknown[]
  /** Required in addition to `exp`. */
  readonly requiredClaims: readonly string[]
}

const RULES: Readonly<Record<SubjectTokenType, TypeRules>> = {
  // RFC 9068 §2.1 and §2.2.
  access_token: {
    headerTypes: ['at+jwt'],
    claimTypes: [undefined, 'Bearer'],
    requiredClaims: ['sub', 'iat'],
  },
  // OpenID Connect Core 1.0 §2.
  id_token: {
    headerTypes: [undefined, 'jwt'],
    claimTypes: [undefined, 'ID'],
    requiredClaims: ['sub', 'iat'],
  },
  jwt: {
    headerTypes: [undefined, 'jwt', 'at+jwt'],
    claimTypes: [undefined, 'Bearer', 'ID'],
    requiredClaims: ['sub'],
  },
}

/**
 * `cnf`: a sender-constrained token must not become a bearer token (RFC 9449 §6.1, RFC 8705 §3.1). `events`: a logout
 * token (OpenID Connect Back-Channel Logout 1.0 §2.4) or another security event token (RFC 8417 §2.2).
 * `token_introspection`: an introspection response (RFC 9701 §5). `vc` and `vp`: a credential that a wallet shows to
 * anybody (Verifiable Credentials Data Model 1.1 §6.3.1). `act`: another party acts for the user (RFC 8693 §4.1). An API
 * token cannot name that party.
 */
const REFUSED_CLAIMS = ['cnf', 'act', 'events', 'token_introspection', 'vc', 'vp']

/**
 * Claims that access tokens have and ID tokens do not: those of RFC 9068 §2.2 and RFC 9396 §9.1, `scp` of Okta and
 * Microsoft Entra, `cid` of Okta, `appid` and `idtyp` of Microsoft Entra, `gty` of Auth0.
 */
const CLAIMS_OF_ACCESS_TOKENS = [
  'scope',
  'scp',
  'client_id',
  'authorization_details',
  'cid',
  'appid',
  'idtyp',
  'gty',
]

/** The last second that a JavaScript date can represent. */
const MAX_NUMERIC_DATE = 8.64e12

/** Whether the type accepts this `typ` in the header. */
export function isHeaderType(type: SubjectTokenType, typ: string | undefined): boolean {
  return RULES[type].headerTypes.includes(typ)
}

/** The claims that the type requires, except `exp`. */
export function requiredClaims(type: SubjectTokenType): string[] {
  return [...RULES[type].requiredClaims]
}

/**
 * The fault of verified claims, as the end of a sentence about the token; `undefined` for valid claims.
 *
 * @param now Milliseconds since the epoch.
 */
export function claimsFault(
  type: SubjectTokenType,
  claims: SubjectClaims,
  rules: SubjectTokenRules,
  now: number,
): string | undefined {
  const refused = REFUSED_CLAIMS.find((name) => Object.hasOwn(claims, name))
  if (refused === 'cnf') return 'is bound to a key of its sender, and would become a bearer token'
  if (refused === 'act') return 'names an actor (act), which an API token cannot do'
  if (refused !== undefined) return `has the claim ${refused}, which a token of this type must not have`
  if (typeof claims.sub !== 'string' || claims.sub === '') return 'has no subject'
  if (!isOptionalText(claims['jti'])) return 'has a jti that is not a string'
  if (!(Number(claims['exp']) <= MAX_NUMERIC_DATE)) return 'has an exp that is not a valid date'
  if (isAhead(claims['iat'], now)) return 'has an iat in the future'
  if (audiencesOf(claims) === undefined) return 'has an aud that is neither a string nor a list of strings'
  if (!RULES[type].claimTypes.includes(claims['typ'])) return 'has a claim typ of another type of token'
  return type === 'id_token' ? idTokenFault(claims, rules) : undefined
}

/** OpenID Connect Core 1.0 §3.1.3.7: all audiences of an ID token must be the client or trusted by it. */
function idTokenFault(
  claims: SubjectClaims,
  { audience, additionalAudiences, authorizedParties }: SubjectTokenRules,
): string | undefined {
  if (CLAIMS_OF_ACCESS_TOKENS.some((name) => Object.hasOwn(claims, name))) return 'is an access token'
  if (Object.hasOwn(claims, 'token_use') && claims['token_use'] !== 'id') return 'is not an ID token'
  const audiences = audiencesOf(claims) ?? []
  if (!audiences.every((aud) => aud === audience || additionalAudiences.includes(aud))) {
    return 'has an audience that is not trusted'
  }
  const { azp } = claims
  const isAuthorized = azp === audience || authorizedParties.some((party) => party === azp)
  return azp === undefined || isAuthorized ? undefined : 'was issued to another client'
}

/** RFC 7519 §4.1.3: one string or a list of strings. */
function audiencesOf({ aud }: SubjectClaims): readonly string[] | undefined {
  const audiences: unknown = typeof aud === 'string' ? [aud] : aud
  const isList = Array.isArray(audiences) && audiences.length > 0
  return isList && audiences.every((audience) => typeof audience === 'string') ? audiences : undefined
}

/** RFC 7519 §4.1.7. */
function isOptionalText(jti: unknown): boolean {
  return jti === undefined || typeof jti === 'string'
}
