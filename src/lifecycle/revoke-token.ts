/**
 * Revokes a token permanently (RFC 7009). When this returns, this instance refuses the token. Others refuse it when they
 * receive the invalidation.
 */

import { TokenNotFound } from '../errors.ts'
import { isTokenId } from '../token/claims.ts'
import type { StatusReason } from '../token/token.ts'
import { type ApiToken, viewOf } from './api-token.ts'
import { changeToken } from './change-token.ts'
import type { ActingScope, Context } from './context.ts'

export interface Revocation extends ActingScope {
  readonly reason?: StatusReason | null | undefined
  /** Whether a rotation is cancelled: the predecessor stays valid, also with a grace period of zero. */
  readonly undoesRotation?: boolean
}

/**
 * Revokes a token. Revoking a revoked token has no effect. The row stays until `retention` is over.
 *
 * @throws {TokenNotFound} For an unknown id, or another user's token.
 * @throws {UserInactive} With `userId`, for a user who is deactivated or removed.
 */
export async function revokeToken(
  context: Context,
  id: string,
  { userId, by, reason = null, undoesRotation = false }: Revocation,
): Promise<ApiToken> {
  if (!isTokenId(id)) throw new TokenNotFound()
  const now = context.clock.now()
  const { token, changed } = await changeToken(context, id, {
    ends: true,
    write: () => context.store.revokeToken(id, { userId, now, reason, undoesRotation }),
  })
  // Revoking an unused successor keeps its predecessor active.
  if (changed && token.predecessorId !== null) {
    context.invalidations.publish({ target: { tokenId: token.predecessorId }, ended: false })
  }
  const view = viewOf(token, null, now, context)
  if (changed) context.events.emitSafely('revoked', { at: new Date(now), by, reason, token: view })
  return view
}
