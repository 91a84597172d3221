/** What a credential proves by its signature alone, before anything is read, and whether a row is what was signed. */

import { hash } from 'node:crypto'
import type { Signer } from '../keys/signer.ts'
import { type Audience, claimsOf, payloadOf, readClaims, type TokenClaims } from '../token/claims.ts'
import {
  type CredentialParts,
  MAX_CREDENTIAL_LENGTH,
  partsOf,
  type TokenPrefixes,
} from '../token/credential.ts'
import type { TokenRecord } from '../token/token.ts'

export interface SignedTokenDeps {
  readonly signer: Pick<Signer, 'verify'>
  readonly audience: Audience
  readonly tokenPrefixes: TokenPrefixes
  /** Where the identity provider holds the tokens a credential carries its refresh token. */
  readonly identityProvider: object | null
}

/** The claims behind a good signature, and the key that made it. */
export interface SignedToken {
  readonly kid: string
  readonly claims: TokenClaims
  /** The JWT's payload as it was sent, in base64url. */
  readonly payload: string
  /** The provider's refresh token that was signed with it. */
  readonly refreshToken: string | undefined
}

/** Everything that a forgery fails at; `undefined` for one. */
export function readSignedToken(
  parts: SignedTokenDeps,
  credential: string,
  now: number,
): SignedToken | undefined {
  if (credential.length > MAX_CREDENTIAL_LENGTH) return undefined
  for (const each of partsOf(credential, parts.tokenPrefixes)) {
    const signed = readParts(parts, each, now)
    if (signed !== undefined) return signed
  }
  return undefined
}

function readParts(
  { signer, audience, identityProvider }: SignedTokenDeps,
  { jwt, refreshToken }: CredentialParts,
  now: number,
): SignedToken | undefined {
  const signed = signer.verify(jwt)
  const claims = signed && readClaims(signed.claims, audience, now)
  if (signed === undefined || claims === undefined) return undefined
  // Unknown, duplicate and reordered members, and other spellings of the same JSON, need no read to be refused.
  if (payloadOf(claims) !== signed.payload) return undefined
  // With an identity provider every credential carries a refresh token, without one none does.
  if ((identityProvider !== null) !== (refreshToken !== undefined)) return undefined
  // The signature covers the hash, so that a refresh token cannot be exchanged for another.
  if (claims.rt_hash !== refreshTokenHash(refreshToken)) return undefined
  return { kid: signed.kid, claims, payload: signed.payload, refreshToken }
}

/** What the signature binds a refresh token by. */
export function refreshTokenHash(refreshToken: string): string
export function refreshTokenHash(refreshToken: string | undefined): string | undefined
export function refreshTokenHash(refreshToken: string | undefined): string | undefined {
  return refreshToken === undefined ? undefined : hash('sha256', refreshToken, 'base64url')
}

/**
 * Whether the row's own key signed the payload, and the payload is byte for byte what would be signed for the row today.
 * This one comparison covers every claim: the owner, the scopes, both times and the refresh token.
 */
export function isAsIssued(
  { kid, payload, refreshToken }: Pick<SignedToken, 'kid' | 'payload' | 'refreshToken'>,
  token: TokenRecord,
  audience: Audience,
): boolean {
  return token.kid === kid && payload === payloadOf(claimsOf(token, audience, refreshTokenHash(refreshToken)))
}
