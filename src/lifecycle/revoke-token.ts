/** Revokes a token for good (RFC 7009): when this returns, the next request with it is refused. */

import { TokenNotFound } from '../errors.ts'
import { isTokenId } from '../token/claims.ts'
import type { StatusReason } from '../token/token.ts'
import { type ApiToken, viewOf } from './api-token.ts'
import { changeToken } from './change-token.ts'
import type { Context, OwnerScope } from './context.ts'

/**
 * Revokes; a token that is revoked already stays so. The row stays for the audit.
 *
 * @throws {TokenNotFound} An id that is unknown, or of another user's token.
 * @throws {UserInactive} With a user, when they are deactivated or removed.
 */
export async function revokeToken(
  context: Context,
  id: string,
  { userId }: OwnerScope = {},
  reason: StatusReason | null = null,
  { undoesRotation = false }: { readonly undoesRotation?: boolean } = {},
): Promise<ApiToken> {
  if (!isTokenId(id)) throw new TokenNotFound()
  const now = context.clock.now()
  const { token, changed } = await changeToken(context, id, {
    ends: true,
    write: () => context.store.revokeToken(id, { userId, now, reason, undoesRotation }),
  })
  // The one that it would have replaced lives on.
  if (changed && token.predecessorId !== null) {
    context.invalidations.publish({ target: { tokenId: token.predecessorId }, ended: false })
  }
  const view = viewOf(token, null, now, context)
  if (changed) context.events.emitSafely('revoked', { token: view })
  return view
}
