/** The types of the option `oauth`. The members of a client have the names of RFC 7591 §2. */

import type { Duration } from '../duration.ts'
import type { SignedInUser } from '../http/signed-in-user.ts'
import type { Jwk } from '../keys/jwk.ts'

/** A token is exchanged for one of the user's own. */
type ExchangingUser = Pick<SignedInUser, 'id' | 'scopes'>

/** See `docs/reference/oauth.md`. */
export interface OAuthOptions {
  /** The clients that may use the endpoints. Default: none. */
  clients?: readonly OAuthClient[] | undefined
  /** The issuers whose tokens may be exchanged for API tokens (RFC 8693). Default: none. */
  trustedIssuers?: readonly TrustedIssuer[] | undefined
  /** Maximum lifetime of a token that is issued by token exchange, such as `'1h'`. Default: `'90d'`. */
  maxExchangeExpiresIn?: Duration | undefined
  /** The resource identifier of the protected routes (RFC 9728 §1.2). Default: the issuer. */
  resource?: string | undefined
  /** Enables the device authorization grant (RFC 8628). Default: disabled. */
  device?: DeviceOptions | undefined
  /** Whether an introspection counts as a use of the token and resets its idle timeout. Default: `false`. */
  introspectionCountsAsUse?: boolean | undefined
}

/** Settings of the device authorization grant (RFC 8628), for programs without a browser. */
export interface DeviceOptions {
  /** How long the codes are valid, at most `'30m'`. Default: `'10m'`. */
  expiresIn?: Duration | undefined
  /** Minimum time between two polls of a program, at most `'60s'`. Default: `'5s'`. */
  interval?: Duration | undefined
  /** Maximum number of pending authorizations of one client. Default: 1,000. */
  maxPending?: number | undefined
  /** Lifetime of a token that is issued by this grant, such as `'30d'`. Default: `'90d'`. */
  tokenLifetime?: Duration | undefined
  /** The sign-in page that is linked for users without a session. Default: no link. */
  signInUrl?: string | undefined
}

/** A program that the host knows (RFC 7591 §2). */
export interface OAuthClient {
  client_id: string
  /** The name that users see. Default: the `client_id`. */
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

/** An identity provider whose tokens are accepted, for one audience (RFC 8693 §2.1). */
export interface TrustedIssuer {
  /** The exact `iss`. The keys are discovered through the provider's metadata. */
  issuer: string
  /** The value that `aud` must contain: your API for access tokens, your client for ID tokens. */
  audience: string
  /** Other values that the `aud` of an ID token may contain. Default: none. */
  additionalAudiences?: readonly string[] | undefined
  /** Other clients, besides `audience`, that the `azp` of an ID token may name. Default: none. */
  authorizedParties?: readonly string[] | undefined
  /**
   * Maps the claims to a user of your application, or `null` for no user. A `sub` is unique only within its issuer.
   * May be async. An error, or no result within 5 s, is 503.
   */
  user(claims: SubjectClaims): ExchangingUser | null | Promise<ExchangingUser | null>
  /**
   * Limits the scopes that an exchange of a token with these claims may grant. May be async. An error, or no result
   * within 5 s, is 503. Default: only the user's own scopes are the limit.
   */
  scopes?(claims: SubjectClaims): readonly string[] | Promise<readonly string[]>
  /** Whether an access token may be exchanged only once, as an ID token always may. Default: `false`. */
  singleUse?: boolean | undefined
  /** Accepted token types. Default: only access tokens with the header `typ: at+jwt` (RFC 9068 §2.1). */
  subjectTokenTypes?: readonly SubjectTokenType[] | undefined
  /** Accepted signature algorithms. Default: RS256, PS256, ES256, ES384, EdDSA, Ed25519. */
  algorithms?: readonly string[] | undefined
}

/** The last part of a token type's URN (RFC 8693 §3). A `jwt` may be any JWT of the issuer for the audience. */
export type SubjectTokenType = 'access_token' | 'id_token' | 'jwt'

/** The verified claims of a subject token (RFC 7519 §4). */
export interface SubjectClaims {
  readonly iss: string
  readonly sub: string
  readonly [claim: string]: unknown
}
