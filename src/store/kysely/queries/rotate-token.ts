/** The statements of a rotation. */

import type { NewTokenRecord, TokenRecord } from '../../../token/token.ts'
import type { RotateScope, Succession } from '../../token-store.ts'
import { atomically, type StoreDb } from '../transactions.ts'
import { stamp } from './change-feed.ts'
import { insertInto } from './insert-token.ts'
import { findRoom } from './make-room.ts'
import { belongsTo, hasActiveOwner, ownerGeneration } from './owner-conditions.ts'
import { writeCounts } from './owner-counts.ts'
import { lockOwner } from './owners.ts'
import { clockMoment, isLiving } from './token-status.ts'
import { revocationColumns, updateTokenRow } from './update-token.ts'

/**
 * Stores the successor's id in the old token's row, inserts the successor, and revokes the unused one that it replaces.
 * Returns the old token, or `undefined` when its conditions did not hold.
 */
export async function writeSuccessor(
  storeDb: StoreDb,
  id: string,
  successor: NewTokenRecord,
  scope: RotateScope,
): Promise<TokenRecord | 'ended_limit_reached' | undefined> {
  const { replaces } = scope
  return atomically(storeDb, async (transaction) => {
    const { db, traits } = transaction
    // The owner first, in the lock order of an insert.
    const owner = await lockOwner(transaction, successor.userId)
    if (owner === undefined) return undefined
    const room = await findRoom(transaction, owner, { ...scope, maxTokens: Infinity })
    if (room.outcome !== 'room') {
      await writeCounts(transaction, owner.userId, room.counts)
      return 'ended_limit_reached'
    }
    const moment = clockMoment(traits, scope)
    const { now } = moment
    const changedAt = stamp('api_tokens', traits)
    const old = await updateTokenRow(transaction, id, (tokens) =>
      tokens
        .set({
          successor_id: traits.id(successor.id),
          grace_ends_at: traits.time(scope.graceEndsAt),
          updated_at: now,
          changed_at: changedAt,
        })
        .where('api_tokens.status', '=', 'active')
        .where((eb) => isLiving(eb, moment))
        .where((eb) => eb('api_tokens.generation', '=', ownerGeneration(eb)))
        .where((eb) => hasActiveOwner(eb))
        .where((eb) => belongsTo(eb, scope.userId))
        .$if(scope.seal !== undefined, (update) => update.where('api_tokens.seal', '=', scope.seal ?? ''))
        // The second of two concurrent rotations finds another successor and fails.
        .where(
          'api_tokens.successor_id',
          replaces === null ? 'is' : '=',
          replaces === null ? null : traits.id(replaces),
        ),
    )
    if (old === undefined) return undefined
    await insertInto(transaction, { ...successor, generation: old.generation }, room)
    if (replaces !== null) {
      await db
        .updateTable('api_tokens')
        .set(revocationColumns(traits, scope.now, 'rotated'))
        .where('api_tokens.id', '=', traits.id(replaces))
        .where('api_tokens.status', '<>', 'revoked')
        .execute()
    }
    return old
  })
}

/** Clears the successor's `predecessor_id` and revokes the predecessor. Returns the revoked token. */
export async function revokePredecessor(
  storeDb: StoreDb,
  { successorId, predecessorId }: Succession,
  now: number,
): Promise<TokenRecord | null> {
  return atomically(storeDb, async (transaction) => {
    const { db, traits } = transaction
    const changedAt = stamp('api_tokens', traits)
    const { numUpdatedRows } = await db
      .updateTable('api_tokens')
      .set({ predecessor_id: null, changed_at: changedAt })
      .where('id', '=', traits.id(successorId))
      .where('predecessor_id', '=', traits.id(predecessorId))
      .where('status', '<>', 'revoked')
      .executeTakeFirstOrThrow()
    if (numUpdatedRows === 0n) return null
    const ended = await updateTokenRow(transaction, predecessorId, (tokens) =>
      tokens
        .set(revocationColumns(traits, now, 'rotated'))
        .where('api_tokens.successor_id', '=', traits.id(successorId))
        .where('api_tokens.status', '<>', 'revoked'),
    )
    return ended ?? null
  })
}

/**
 * Restores a token whose unused successor is revoked.
 *
 * @param graceAfter Only if the grace ends after this time; `null` for any.
 */
export async function cancelRotation(
  { db, traits }: StoreDb,
  { successorId, predecessorId }: Succession,
  graceAfter: number | null,
): Promise<void> {
  await db
    .updateTable('api_tokens')
    .set({ successor_id: null, grace_ends_at: null, changed_at: stamp('api_tokens', traits) })
    .where('id', '=', traits.id(predecessorId))
    .where('successor_id', '=', traits.id(successorId))
    .$if(graceAfter !== null, (query) => query.where('grace_ends_at', '>', traits.time(graceAfter ?? 0)))
    .execute()
}
