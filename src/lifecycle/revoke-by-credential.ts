/** Revokes the token of a credential, for a credential that was leaked or is given back. */

import { TokenNotFound } from '../errors.ts'
import type { Actor } from '../token/actor.ts'
import type { RevocationReason } from '../token/token.ts'
import type { ApiToken } from './api-token.ts'
import type { ChangeOptions, Context } from './context.ts'
import { ownedByCredential } from './find-by-credential.ts'
import { revokeToken } from './revoke-token.ts'

export interface RevokeCredentialOptions extends ChangeOptions {
  /** The `statusReason` of the revoked token. Default: `null`. */
  readonly reason?: RevocationReason | undefined
}

/**
 * Revokes the token, whatever its status. A token that was revoked before does not change. `null`: the credential has no
 * token, as for `findByCredential`.
 *
 * @param by Who revokes it, by the token's id.
 * @throws {StoreUnavailable} When the store is unavailable.
 */
export async function revokeByCredential(
  context: Context,
  credential: string,
  by: (tokenId: string) => Actor,
  reason?: RevocationReason,
): Promise<ApiToken | null> {
  const owned = await ownedByCredential(context, credential)
  if (owned === null) return null
  const { id } = owned.token
  try {
    return await revokeToken(context, id, { by: by(id), reason })
  } catch (error) {
    // It was deleted between the two statements.
    if (error instanceof TokenNotFound) return null
    throw error
  }
}
