/** Inserts a token with its owner's generation, if the owner is active and below the limits. */

import type { NewTokenRecord } from '../../../token/token.ts'
import type { InsertOutcome, InsertRules } from '../../token-store.ts'
import { rowFromToken } from '../tables/token-row.ts'
import { atomically, type StoreDb } from '../transactions.ts'
import { deleteTokens } from './delete-tokens.ts'
import { findRoom, type Room } from './make-room.ts'
import { withToken, writeCounts } from './owner-counts.ts'
import { addOwner, lockOwner } from './owners.ts'

/** Locks the owner's row, so that concurrent inserts count one after another. */
export async function writeToken(
  storeDb: StoreDb,
  token: NewTokenRecord,
  rules: InsertRules,
): Promise<InsertOutcome> {
  return atomically(storeDb, async (transaction) => {
    const owner = await ownerOf(transaction, token.userId)
    if (owner.status !== 'active') return { outcome: 'owner_inactive' }
    const room = await findRoom(transaction, owner, rules)
    if (room.outcome !== 'room') {
      // Store the counts, so that the next refusal does not count again.
      await writeCounts(transaction, owner.userId, room.counts)
      return { outcome: room.outcome }
    }
    const { generation } = owner
    await insertInto(transaction, { ...token, generation }, room)
    return { outcome: 'inserted', token: { ...token, generation } }
  })
}

/** Inserts the row, deletes the oldest ended tokens, and updates the counts. */
export async function insertInto(
  transaction: StoreDb,
  token: NewTokenRecord & { readonly generation: number },
  { oldest, counts }: Room,
): Promise<void> {
  const { db, traits } = transaction
  await db.insertInto('api_tokens').values(rowFromToken(token, traits)).execute()
  const deleted = await deleteTokens(transaction, oldest)
  await writeCounts(transaction, token.userId, withToken(counts, token, deleted))
}

async function ownerOf(transaction: StoreDb, userId: string) {
  const known = await lockOwner(transaction, userId)
  if (known !== undefined) return known
  await addOwner(transaction, userId)
  const added = await lockOwner(transaction, userId)
  if (added === undefined) throw new Error('the row of an owner was inserted and is missing')
  return added
}
