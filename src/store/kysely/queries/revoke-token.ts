/** Revokes a token. The revocation of an unused successor cancels its rotation. */

import type { TokenRecord } from '../../../token/token.ts'
import type { RevokeScope } from '../../token-store.ts'
import { atomically, type StoreDb } from '../transactions.ts'
import { belongsTo } from './owner-conditions.ts'
import { cancelRotation } from './rotate-token.ts'
import { revocationColumns, updateTokenRow } from './update-token.ts'

/** Returns the new row, or `undefined` when there was no token to revoke. */
export async function writeRevocation(
  storeDb: StoreDb,
  id: string,
  { userId, now, reason = null, undoesRotation = false }: RevokeScope,
): Promise<TokenRecord | undefined> {
  return atomically(storeDb, async (transaction) => {
    const revoked = await updateTokenRow(transaction, id, (tokens) =>
      tokens
        .set(revocationColumns(transaction.traits, now, reason))
        .where('api_tokens.status', '<>', 'revoked')
        .where((eb) => belongsTo(eb, userId)),
    )
    if (revoked === undefined) return undefined
    const { predecessorId } = revoked
    if (predecessorId !== null) {
      const graceAfter = undoesRotation ? null : now
      await cancelRotation(transaction, { successorId: id, predecessorId }, graceAfter)
    }
    return revoked
  })
}
