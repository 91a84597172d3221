/** Deletes tokens and their usage by day. */

import { inSlices } from '../slices.ts'
import type { StoreDb } from '../transactions.ts'

const SLICE = 10

/** Returns how many of the tokens existed. Runs in a transaction. */
export async function deleteTokens(transaction: StoreDb, ids: readonly string[]): Promise<number> {
  const { db } = transaction
  let deleted = 0
  await inSlices(transaction, ids, SLICE, async (some) => {
    // The tokens first: a concurrent flush waits for their rows, and then adds no usage for them.
    const { numDeletedRows } = await db
      .deleteFrom('api_tokens')
      .where('id', 'in', some)
      .executeTakeFirstOrThrow()
    await db.deleteFrom('api_token_usage').where('token_id', 'in', some).execute()
    deleted += Number(numDeletedRows)
  })
  return deleted
}
