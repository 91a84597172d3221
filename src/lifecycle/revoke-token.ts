/** Revokes a token for good (RFC 7009): when this returns, the next request with it is refused. */

import { TokenNotFound } from '../errors.ts'
import { isTokenId } from '../token/claims.ts'
import type { StatusReason } from '../token/token.ts'
import { type ApiToken, viewOf } from './api-token.ts'
import { changeToken } from './change-token.ts'
import type { Context, OwnerScope } from './lifecycle-parts.ts'

/**
 * Revokes; a token that is revoked already stays so. The row stays for the audit.
 *
 * @throws {TokenNotFound} An id that is unknown, or of another user's token.
 * @throws {UserInactive} With a user, when they are deactivated or removed.
 */
export async function revokeToken(
  parts: Context,
  id: string,
  { userId }: OwnerScope = {},
  reason: StatusReason | null = null,
  { undoesRotation = false }: { readonly undoesRotation?: boolean } = {},
): Promise<ApiToken> {
  if (!isTokenId(id)) throw new TokenNotFound()
  const now = parts.clock.now()
  const { token, changed } = await changeToken(parts, id, {
    ends: true,
    write: () => parts.store.revokeToken(id, { userId, now, reason, undoesRotation }),
  })
  // The one that it would have replaced lives on.
  if (changed && token.predecessorId !== null) {
    parts.invalidations.publish({ target: { tokenId: token.predecessorId }, ended: false })
  }
  const view = viewOf(token, null, now, parts)
  if (changed) parts.events.tell('revoked', { token: view })
  return view
}
