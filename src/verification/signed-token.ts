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
import type { CredentialForm, TokenRecord } from '../token/token.ts'

export interface SignedTokenDeps {
  readonly signer: Pick<Signer, 'verify' | 'verifyCompact' | 'isSealed'>
  readonly audience: Audience
  readonly tokenPrefixes: TokenPrefixes
  /** With an identity provider every credential carries a refresh token. */
  readonly identityProvider: object | null
}

/** The content of a credential with a valid signature or MAC. */
export interface SignedToken {
  readonly form: CredentialForm
  /** The key of the signature or MAC. */
  readonly kid: string
  readonly tokenId: string
  /** The owner. `null`: a compact credential does not name its owner, the row does. */
  readonly userId: string | null
  /** The JWT's payload as it was sent, in base64url; `null` for a compact credential. */
  readonly payload: string | null
  /** The identity provider's refresh token. */
  readonly refreshToken: string | undefined
}

/** Verifies form, signature or MAC, and claims; `undefined` when any of them is invalid. */
export function readSignedToken(
  deps: SignedTokenDeps,
  credential: string,
  now: number,
): SignedToken | undefined {
  if (credential.length > MAX_CREDENTIAL_LENGTH) return undefined
  // Without a dot it cannot be a JWT.
  if (!credential.includes('.')) return readCompact(deps, credential)
  for (const members of readCredential(credential, deps.tokenPrefixes)) {
    const signed = verifyMembers(deps, members, now)
    if (signed !== undefined) return signed
  }
  return undefined
}

/** Without a prefix a compact credential cannot be distinguished from other texts, so that only one with a prefix is read. */
function readCompact(
  { signer, tokenPrefixes, identityProvider }: SignedTokenDeps,
  credential: string,
): SignedToken | undefined {
  const prefix = tokenPrefixes.find((begin) => begin !== '' && credential.startsWith(begin))
  // A compact credential carries no refresh token of an identity provider.
  if (prefix === undefined || identityProvider !== null) return undefined
  const token = signer.verifyCompact(credential, prefix.length)
  return token && { form: 'compact', ...token, userId: null, payload: null, refreshToken: undefined }
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
  const { kid, payload } = signed
  return { form: 'jwt', kid, tokenId: claims.jti, userId: claims.sub, payload, refreshToken }
}

/** The claim `rt_hash`, which binds a refresh token to the signature. */
export function refreshTokenHash(refreshToken: string): string
export function refreshTokenHash(refreshToken: string | undefined): string | undefined
export function refreshTokenHash(refreshToken: string | undefined): string | undefined {
  return refreshToken === undefined ? undefined : hash('sha256', refreshToken, 'base64url')
}

/**
 * Whether the row is as its key sealed it, and the same key signed the credential in the row's form. A JWT's payload must be
 * byte for byte what would be signed for the row today: this covers every claim, also the refresh token.
 */
export function isAsIssued(
  { form, kid, payload, refreshToken }: Pick<SignedToken, 'form' | 'kid' | 'payload' | 'refreshToken'>,
  token: TokenRecord,
  { signer, audience }: Pick<SignedTokenDeps, 'signer' | 'audience'>,
): boolean {
  if (token.kid !== kid || token.form !== form || !signer.isSealed(token)) return false
  if (form === 'compact') return true
  return payload === payloadOf(claimsOf(token, audience, refreshTokenHash(refreshToken)))
}
