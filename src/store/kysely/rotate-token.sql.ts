/** The statements of a rotation. Each function is one transaction, whose first statement writes and decides. */

import type { Kysely } from 'kysely'
import type { TokenRecord, UnownedToken } from '../../token/token.ts'
import type { RotateScope, Succession } from '../token-store.ts'
import { API_TOKEN_COLUMNS, rowFromToken, tokenFromRow } from './api-token.table.ts'
import type { ApiTokenDatabase } from './database.ts'
import { belongsTo, hasActiveOwner, ownerGeneration } from './owner-conditions.sql.ts'
import { isLiving } from './token-status.sql.ts'

/** Names the successor in the old token's row, inserts it, and revokes the unused one that it replaces. */
export async function writeSuccessor(
  db: Kysely<ApiTokenDatabase>,
  id: string,
  successor: UnownedToken,
  scope: RotateScope,
): Promise<TokenRecord | undefined> {
  const { now, replaces } = scope
  return db.transaction().execute(async (transaction) => {
    const old = await transaction
      .updateTable('api_tokens')
      .set({ successor_id: successor.id, grace_ends_at: scope.graceEndsAt, updated_at: now })
      .where('api_tokens.id', '=', id)
      .where('api_tokens.status', '=', 'active')
      .where((eb) => isLiving(eb, now))
      .where((eb) => eb('api_tokens.generation', '=', ownerGeneration(eb)))
      .where((eb) => hasActiveOwner(eb))
      .where((eb) => belongsTo(eb, scope.userId))
      // Of two rotations at once the second finds another successor than it knows of.
      .where('api_tokens.successor_id', replaces === null ? 'is' : '=', replaces)
      .returning([...API_TOKEN_COLUMNS])
      .executeTakeFirst()
    if (old === undefined) return undefined
    await transaction
      .insertInto('api_tokens')
      .values(rowFromToken({ ...successor, generation: old.generation }))
      .execute()
    if (replaces !== null) {
      await transaction
        .updateTable('api_tokens')
        .set({ status: 'revoked', status_reason: 'rotated', revoked_at: now, updated_at: now })
        .where('api_tokens.id', '=', replaces)
        .where('api_tokens.status', '<>', 'revoked')
        .execute()
    }
    return tokenFromRow(old)
  })
}

/** Marks a successor as used and revokes its predecessor; returns what was revoked. */
export async function revokePredecessor(
  db: Kysely<ApiTokenDatabase>,
  { successorId, predecessorId }: Succession,
  now: number,
): Promise<TokenRecord | null> {
  return db.transaction().execute(async (transaction) => {
    const { numUpdatedRows } = await transaction
      .updateTable('api_tokens')
      .set({ predecessor_id: null })
      .where('id', '=', successorId)
      .where('predecessor_id', '=', predecessorId)
      .where('status', '<>', 'revoked')
      .executeTakeFirstOrThrow()
    if (numUpdatedRows === 0n) return null
    const ended = await transaction
      .updateTable('api_tokens')
      .set({ status: 'revoked', status_reason: 'rotated', revoked_at: now, updated_at: now })
      .where('id', '=', predecessorId)
      .where('successor_id', '=', successorId)
      .where('status', '<>', 'revoked')
      .returning([...API_TOKEN_COLUMNS])
      .executeTakeFirst()
    return ended === undefined ? null : tokenFromRow(ended)
  })
}

/** Gives a token back its whole life when its unused successor is revoked, unless its grace has ended. */
export async function cancelRotation(
  db: Kysely<ApiTokenDatabase>,
  { successorId, predecessorId }: Succession,
  now: number,
): Promise<void> {
  await db
    .updateTable('api_tokens')
    .set({ successor_id: null, grace_ends_at: null })
    .where('id', '=', predecessorId)
    .where('successor_id', '=', successorId)
    .where('grace_ends_at', '>', now)
    .execute()
}
