/** Checks a credential by its signature alone, without a read, and compares it with its row. */

import { hash } from 'node:crypto'
import type { Signer } from '../keys/signer.ts'
import { type Audience, claimsOf, payloadOf, readClaims } from '../token/claims.ts'
import {
  type CredentialMembers,
  MAX_CREDENTIAL_LENGTH,
  readCredential,
  type TokenPrefixes,
} from '../token/credential.ts'
import type { TokenRecord } from '../token/token.ts'

export interface SignedTokenDeps {
  readonly signer: Pick<Signer, 'verify' | 'isSealed'>
  readonly audience: Audience
  readonly tokenPrefixes: TokenPrefixes
  /** With an identity provider every credential carries a refresh token. */
  readonly identityProvider: object | null
}

/** The content of a credential with a valid signature. */
export interface SignedToken {
  /** The key of the signature. */
  readonly kid: string
  readonly tokenId: string
  /** The owner. `null`: the credential does not say, the row does. */
  readonly userId: string | null
  /** The JWT's payload as it was sent, in base64url. */
  readonly payload: string
  /** The identity provider's refresh token. */
  readonly refreshToken: string | undefined
}

/** Verifies signature, claims and form; `undefined` when any of them is invalid. */
export function readSignedToken(
  deps: SignedTokenDeps,
  credential: string,
  now: number,
): SignedToken | undefined {
  if (credential.length > MAX_CREDENTIAL_LENGTH) return undefined
  for (const members of readCredential(credential, deps.tokenPrefixes)) {
    const signed = verifyMembers(deps, members, now)
    if (signed !== undefined) return signed
  }
  return undefined
}

function verifyMembers(
  { signer, audience, identityProvider }: SignedTokenDeps,
  { jwt, refreshToken }: CredentialMembers,
  now: number,
): SignedToken | undefined {
  const signed = signer.verify(jwt)
  const claims = signed && readClaims(signed.claims, audience, now)
  if (signed === undefined || claims === undefined) return undefined
  // Refuses unknown, duplicate and reordered members, and other forms of the same JSON, without a read.
  if (payloadOf(claims) !== signed.payload) return undefined
  // With an identity provider every credential carries a refresh token, without one none does.
  if ((identityProvider !== null) !== (refreshToken !== undefined)) return undefined
  // The signature covers the hash, so that the refresh token cannot be replaced.
  if (claims.rt_hash !== refreshTokenHash(refreshToken)) return undefined
  return { kid: signed.kid, tokenId: claims.jti, userId: claims.sub, payload: signed.payload, refreshToken }
}

/** The claim `rt_hash`, which binds a refresh token to the signature. */
export function refreshTokenHash(refreshToken: string): string
export function refreshTokenHash(refreshToken: string | undefined): string | undefined
export function refreshTokenHash(refreshToken: string | undefined): string | undefined {
  return refreshToken === undefined ? undefined : hash('sha256', refreshToken, 'base64url')
}

/**
 * Whether the row is as its key sealed it, the same key signed the payload, and the payload is byte for byte what would be
 * signed for the row today. This comparison covers every claim: the owner, the scopes, both times and the refresh token.
 */
export function isAsIssued(
  { kid, payload, refreshToken }: Pick<SignedToken, 'kid' | 'payload' | 'refreshToken'>,
  token: TokenRecord,
  { signer, audience }: Pick<SignedTokenDeps, 'signer' | 'audience'>,
): boolean {
  if (token.kid !== kid || !signer.isSealed(token)) return false
  return payload === payloadOf(claimsOf(token, audience, refreshTokenHash(refreshToken)))
}
