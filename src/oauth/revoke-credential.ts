/** Token revocation by clients (RFC 7009). */

import { isApiTokensError } from '../errors.ts'
import type { Context } from '../lifecycle/context.ts'
import { revokeToken } from '../lifecycle/revoke-token.ts'
import { findToken } from '../store/find-token.ts'
import { isAsIssued, readSignedToken } from '../verification/signed-token.ts'

/**
 * Revokes the token, whatever its status. Any client with the credential may do this, because a token may also revoke
 * itself. An unknown credential is not an error (RFC 7009 §2.2).
 *
 * @param ip The address of the request.
 * @throws {StoreUnavailable} If the store is unavailable.
 */
export async function revokeCredential(deps: Context, credential: string, ip: string | null): Promise<void> {
  const tokenId = await tokenIdOf(deps, credential)
  if (tokenId === undefined) return
  try {
    await revokeToken(deps, tokenId, { by: { kind: 'token', id: tokenId, ip } })
  } catch (error) {
    if (!isApiTokensError(error) || error.statusCode !== 404) throw error
  }
}

/** The credential must have a valid signature and match the row: the id of a token is not a secret. */
async function tokenIdOf(deps: Context, credential: string): Promise<string | undefined> {
  const signed = readSignedToken(deps, credential, deps.clock.now())
  if (signed === undefined) return undefined
  const owned = await findToken(deps.store, signed.tokenId)
  return owned !== null && isAsIssued(signed, owned.token, deps) ? owned.token.id : undefined
}
