/** Revokes a token; with an unused successor goes its rotation. */

import type { Kysely } from 'kysely'
import type { TokenRecord } from '../../token/token.ts'
import type { ChangeScope } from '../token-store.ts'
import { API_TOKEN_COLUMNS, tokenFromRow } from './api-token.table.ts'
import type { ApiTokenDatabase } from './database.ts'
import { belongsTo } from './owner-conditions.sql.ts'
import { cancelRotation } from './rotate-token.sql.ts'

/** The row after it, or nothing when there was no such token that could be revoked. */
export async function writeRevocation(
  db: Kysely<ApiTokenDatabase>,
  id: string,
  { userId, now }: ChangeScope,
): Promise<TokenRecord | undefined> {
  return db.transaction().execute(async (transaction) => {
    const revoked = await transaction
      .updateTable('api_tokens')
      .set({ status: 'revoked', status_reason: null, revoked_at: now, updated_at: now })
      .where('api_tokens.id', '=', id)
      .where('api_tokens.status', '<>', 'revoked')
      .where((eb) => belongsTo(eb, userId))
      .returning([...API_TOKEN_COLUMNS])
      .executeTakeFirst()
    if (revoked === undefined) return undefined
    const { predecessor_id: predecessorId } = revoked
    if (predecessorId !== null) await cancelRotation(transaction, { successorId: id, predecessorId }, now)
    return tokenFromRow(revoked)
  })
}
