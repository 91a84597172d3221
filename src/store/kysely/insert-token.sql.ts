/** Inserts a token with its owner's generation, for an active owner who has room. */

import { sql } from 'kysely'
import type { UnownedToken } from '../../token/token.ts'
import type { InsertOutcome, InsertRules } from '../token-store.ts'
import { atomically, type Connection } from './connection.ts'
import { addOwner, lockOwner } from './owners.sql.ts'
import { rowFromToken } from './token-row.ts'
import { isLiving } from './token-status.sql.ts'

/** One transaction under the lock of the owner's row, so that of two at once the second counts the first. */
export async function writeToken(
  connection: Connection,
  token: UnownedToken,
  { maxTokens, now }: InsertRules,
): Promise<InsertOutcome> {
  return atomically(connection, async (transaction) => {
    const { db, traits } = transaction
    const owner = await ownerOf(transaction, token.userId)
    if (owner.status !== 'active') return { outcome: 'owner_inactive' }
    const { generation } = owner
    const { living } = await db
      .selectFrom('api_tokens')
      .select(sql<number>`count(*)`.as('living'))
      .where('user_id', '=', token.userId)
      .where('generation', '=', generation)
      .where((eb) => isLiving(eb, traits.time(now)))
      .executeTakeFirstOrThrow()
    if (Number(living) >= maxTokens) return { outcome: 'limit_reached' }
    await db
      .insertInto('api_tokens')
      .values(rowFromToken({ ...token, generation }, traits.time))
      .execute()
    return { outcome: 'inserted', token: { ...token, generation } }
  })
}

async function ownerOf(transaction: Connection, userId: string) {
  const known = await lockOwner(transaction, userId)
  if (known !== undefined) return known
  await addOwner(transaction, userId)
  const added = await lockOwner(transaction, userId)
  if (added === undefined) throw new Error('the row of an owner, just made, is not there')
  return added
}
