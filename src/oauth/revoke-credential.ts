/** Token revocation by clients (RFC 7009). */

import type { Context } from '../lifecycle/context.ts'
import { revokeByCredential } from '../lifecycle/revoke-by-credential.ts'

/**
 * Revokes the token, whatever its status. Any client with the credential may do this, because a token may also revoke
 * itself. An unknown credential is not an error (RFC 7009 §2.2).
 *
 * @param ip The address of the request.
 * @throws {StoreUnavailable} If the store is unavailable.
 */
export async function revokeCredential(deps: Context, credential: string, ip: string | null): Promise<void> {
  await revokeByCredential(deps, credential, (id) => ({ kind: 'token', id, ip }))
}
