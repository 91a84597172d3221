/** Inserts a token with its owner's generation, for an active owner who has room. */

import type { UnownedToken } from '../../../token/token.ts'
import type { InsertOutcome, InsertRules } from '../../token-store.ts'
import { rowFromToken } from '../tables/token-row.ts'
import { atomically, type StoreDb } from '../transactions.ts'
import { deleteTokens } from './delete-tokens.ts'
import { findRoom, type Room } from './make-room.ts'
import { withToken, writeCounts } from './owner-counts.ts'
import { addOwner, lockOwner } from './owners.ts'

/** One transaction under the lock of the owner's row, so that of two at once the second counts the first. */
export async function writeToken(
  storeDb: StoreDb,
  token: UnownedToken,
  rules: InsertRules,
): Promise<InsertOutcome> {
  return atomically(storeDb, async (transaction) => {
    const owner = await ownerOf(transaction, token.userId)
    if (owner.status !== 'active') return { outcome: 'owner_inactive' }
    const room = await findRoom(transaction, owner, rules)
    if (room.outcome !== 'room') {
      // What was counted for a refusal need not be counted for the next one.
      await writeCounts(transaction, owner.userId, room.counts)
      return { outcome: room.outcome }
    }
    const { generation } = owner
    await insertInto(transaction, { ...token, generation }, room)
    return { outcome: 'inserted', token: { ...token, generation } }
  })
}

/** Inserts the row where there is room for it. */
export async function insertInto(
  transaction: StoreDb,
  token: UnownedToken & { readonly generation: number },
  { oldest, counts }: Room,
): Promise<void> {
  const { db, traits } = transaction
  await db.insertInto('api_tokens').values(rowFromToken(token, traits.time)).execute()
  const deleted = await deleteTokens(transaction, oldest)
  await writeCounts(transaction, token.userId, withToken(counts, token, deleted))
}

async function ownerOf(transaction: StoreDb, userId: string) {
  const known = await lockOwner(transaction, userId)
  if (known !== undefined) return known
  await addOwner(transaction, userId)
  const added = await lockOwner(transaction, userId)
  if (added === undefined) throw new Error('the row of an owner, just made, is not there')
  return added
}
