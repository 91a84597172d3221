/** Undoes an issue or a rotation whose credential did not reach the client. */

import { TokenNotFound } from '../errors.ts'
import { SYSTEM } from '../token/actor.ts'
import type { Context } from './context.ts'
import { revokeToken } from './revoke-token.ts'

/**
 * Revokes the token. A rotation is cancelled: the predecessor stays valid, also with a grace period of zero.
 *
 * @throws {StoreUnavailable} When the store is unavailable.
 */
export async function undoIssue(context: Context, id: string): Promise<void> {
  try {
    await revokeToken(context, id, { by: SYSTEM, reason: 'not_delivered', undoesRotation: true })
  } catch (error) {
    // The token has been deleted meanwhile.
    if (!(error instanceof TokenNotFound)) throw error
  }
}
