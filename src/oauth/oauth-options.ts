/** The option `oauth`, as a host gives it. The members of a client carry the names of RFC 7591 §2. */

import type { Duration } from '../duration.ts'
import type { SignedInUser } from '../http/signed-in-user.ts'
import type { Jwk } from '../keys/jwk.ts'

/** See `docs/reference/oauth.md`. */
export interface OAuthOptions {
  /** Who may use the endpoints. Default: nobody. */
  clients?: readonly OAuthClient[] | undefined
  /** Whose tokens may be exchanged for API tokens (RFC 8693). Default: nobody's. */
  trustedIssuers?: readonly TrustedIssuer[] | undefined
  /** How long a token got by exchange lives at most, such as `'1h'`. Default: `'90d'`. */
  maxExchangeExpiresIn?: Duration | undefined
  /** The resource identifier of the protected routes (RFC 9728 §1.2). Default: the issuer. */
  resource?: string | undefined
  /** Lets programs without a browser of their own get API tokens (RFC 8628). Default: not. */
  device?: DeviceOptions | undefined
  /** Whether an introspection is a use of the token, as far as the idle clock and the counts go. Default: `false`. */
  introspectionCountsAsUse?: boolean | undefined
}

/** How programs without a browser of their own get API tokens (RFC 8628). */
export interface DeviceOptions {
  /** How long the codes are valid, at most `'30m'`. Default: `'10m'`. */
  expiresIn?: Duration | undefined
  /** How long a program waits between two requests, at most `'60s'`. Default: `'5s'`. */
  interval?: Duration | undefined
  /** How many authorizations of one client may be pending at once. Default: 1,000. */
  maxPending?: number | undefined
  /** How long a token lives that is got by codes, at most: a duration such as `'30d'`. Default: `'90d'`. */
  tokenLifetime?: Duration | undefined
  /** Where users sign in who open the page without being. Default: the page only says that they have to. */
  signInUrl?: string | undefined
}

/** A program that the host knows (RFC 7591 §2). */
export interface OAuthClient {
  client_id: string
  /** What users are shown of it. Default: its id. */
  client_name?: string | undefined
  /** At least 32 characters, for `client_secret_basic` and `client_secret_post`. */
  client_secret?: string | undefined
  /** Default: `'client_secret_basic'`. */
  token_endpoint_auth_method?: ClientAuthMethod | undefined
  /** Its public keys, for `private_key_jwt`. */
  jwks?: { keys: readonly Jwk[] } | undefined
  /** The grants that it may use. Default: none; it may introspect and revoke. */
  grant_types?: readonly string[] | undefined
}

/** How a client proves who it is (RFC 7591 §2, RFC 7523 §2.2). */
export type ClientAuthMethod = 'none' | 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt'

/** An identity provider whose tokens are believed, for one audience (RFC 8693 §2.1). */
export interface TrustedIssuer {
  /** Its `iss`, exactly. Its keys are found by its metadata. */
  issuer: string
  /** What `aud` must hold: your API for access tokens, your client for ID tokens. */
  audience: string
  /** What else the `aud` of an ID token may hold. Default: nothing. */
  additionalAudiences?: readonly string[] | undefined
  /** The clients, beside `audience`, that the `azp` of an ID token may name. Default: none. */
  authorizedParties?: readonly string[] | undefined
  /**
   * The user of yours that the claims speak of, or `null` for nobody. A `sub` is unique within its issuer only. May be
   * async; a throw, or 5 s without an answer, is an outage.
   */
  user(claims: SubjectClaims): SignedInUser | null | Promise<SignedInUser | null>
  /**
   * The scopes that an exchange of a token with these claims may grant, however many more the user has. May be async; a
   * throw, or 5 s without an answer, is an outage. Default: no limit but the user's own scopes.
   */
  scopes?(claims: SubjectClaims): readonly string[] | Promise<readonly string[]>
  /** Whether an access token, too, may be exchanged only once. An ID token always may only once. Default: `false`. */
  singleUse?: boolean | undefined
  /** Default: access tokens alone, which must say that they are (RFC 9068 §2.1). */
  subjectTokenTypes?: readonly SubjectTokenType[] | undefined
  /** What its signatures may be made with. Default: RS256, PS256, ES256, ES384, EdDSA, Ed25519. */
  algorithms?: readonly string[] | undefined
}

/** The last part of a token type's URN (RFC 8693 §3). A `jwt` may be any token of the issuer for the audience. */
export type SubjectTokenType = 'access_token' | 'id_token' | 'jwt'

/** The verified claims of a subject token (RFC 7519 §4). */
export interface SubjectClaims {
  readonly iss: string
  readonly sub: string
  readonly [claim: string]: unknown
}
