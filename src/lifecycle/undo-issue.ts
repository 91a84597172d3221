/** Takes an issue or a rotation back whose credential nobody got. */

import { TokenNotFound } from '../errors.ts'
import type { Context } from './context.ts'
import { revokeToken } from './revoke-token.ts'

/**
 * Revokes the token. A rotation is cancelled: the predecessor works as before, also when its grace period was zero.
 *
 * @throws {StoreUnavailable} When the store cannot answer.
 */
export async function undoIssue(context: Context, id: string): Promise<void> {
  try {
    await revokeToken(context, id, {}, null, { undoesRotation: true })
  } catch (error) {
    // It was pruned meanwhile.
    if (!(error instanceof TokenNotFound)) throw error
  }
}
