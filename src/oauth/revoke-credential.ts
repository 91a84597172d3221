/** Revokes the token of a credential that a client gives back (RFC 7009). */

import { isApiTokensError } from '../errors.ts'
import type { Context } from '../lifecycle/context.ts'
import { revokeToken } from '../lifecycle/revoke-token.ts'
import { isAsIssued, readSignedToken } from '../verification/signed-token.ts'

/**
 * Ends the token, whatever state it is in. Whoever holds the credential may: it could end itself as well. What is
 * none of ours, or known no more, is as good as revoked (RFC 7009 §2.2).
 *
 * @throws {StoreUnavailable} When the store cannot answer.
 */
export async function revokeCredential(parts: Context, credential: string): Promise<void> {
  const tokenId = await tokenIdOf(parts, credential)
  if (tokenId === undefined) return
  try {
    await revokeToken(parts, tokenId)
  } catch (error) {
    if (!isApiTokensError(error) || error.statusCode !== 404) throw error
  }
}

/** Only a good signature over what the row says ends a token: its id alone is no secret. */
async function tokenIdOf(parts: Context, credential: string): Promise<string | undefined> {
  const signed = readSignedToken(parts, credential, parts.clock.now())
  if (signed === undefined) return undefined
  const owned = await parts.store.findToken(signed.claims.jti)
  return owned !== null && isAsIssued(signed, owned.token, parts.audience) ? owned.token.id : undefined
}
