/** Deletes tokens. Their usage by day stays until its retention ends: nobody can read it without the token. */

import { inSlices } from '../slices.ts'
import type { StoreDb } from '../transactions.ts'

const SLICE = 10

/** Returns how many of the tokens existed. Runs in a transaction. */
export async function deleteTokens(transaction: StoreDb, ids: readonly string[]): Promise<number> {
  const { db, traits } = transaction
  let deleted = 0
  await inSlices(transaction, ids, SLICE, async (some) => {
    const { numDeletedRows } = await db
      .deleteFrom('api_tokens')
      .where('id', 'in', some.map(traits.id))
      .executeTakeFirstOrThrow()
    deleted += Number(numDeletedRows)
  })
  return deleted
}
