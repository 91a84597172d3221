/** Deletes tokens, and what is kept of them elsewhere. */

import { inSlices } from '../slices.ts'
import type { StoreDb } from '../transactions.ts'

const SLICE = 10

/** How many of these tokens were there. Runs in a transaction. */
export async function deleteTokens(transaction: StoreDb, ids: readonly string[]): Promise<number> {
  const { db } = transaction
  let deleted = 0
  await inSlices(transaction, ids, SLICE, async (some) => {
    // The tokens first: use that is written at this moment waits, and then finds none to count for.
    const { numDeletedRows } = await db
      .deleteFrom('api_tokens')
      .where('id', 'in', some)
      .executeTakeFirstOrThrow()
    await db.deleteFrom('api_token_usage').where('token_id', 'in', some).execute()
    deleted += Number(numDeletedRows)
  })
  return deleted
}
