/** Deletes tokens, and what is kept of them elsewhere. */

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Connection } from './connection.ts'

/** How many are deleted in one turn of the event loop, where the database is in this thread. */
const SLICE = 10

/** How many of these tokens were there. Runs in a transaction. */
export async function deleteTokens({ db, traits }: Connection, ids: readonly string[]): Promise<number> {
  const slice = traits.writers === 'one' ? SLICE : ids.length
  let deleted = 0
  for (let from = 0; from < ids.length; from += slice) {
    const some = ids.slice(from, from + slice)
    // The tokens first: use that is written at this moment waits, and then finds none to count for.
    const { numDeletedRows } = await db
      .deleteFrom('api_tokens')
      .where('id', 'in', some)
      .executeTakeFirstOrThrow()
    await db.deleteFrom('api_token_usage').where('token_id', 'in', some).execute()
    deleted += Number(numDeletedRows)
    if (traits.writers === 'one') await nextTurn()
  }
  return deleted
}
