/** Stores the last batch of each writer, so that a repeated batch is counted once. */

import { sql } from 'kysely'
import { BATCH_MEMORY_MS, type UseBatch } from '../../token-use.ts'
import type { StoreDb } from '../transactions.ts'

/**
 * Stores the batch as its writer's last one, in the transaction that records it. Returns `false` when it is stored already.
 * Each writer has one row in the table of leases, with the batch as holder. The row expires when the writer stops.
 */
export async function storeBatch(storeDb: StoreDb, { writer, id }: UseBatch): Promise<boolean> {
  const { db, traits } = storeDb
  const name = `uses ${writer}`
  const row = { name, holder: id, ends_at: sql<number>`${traits.now} + ${BATCH_MEMORY_MS}` }
  const { numUpdatedRows } = await db
    .updateTable('api_token_leases')
    .set(row)
    .where('name', '=', name)
    .where('holder', '<>', id)
    .executeTakeFirstOrThrow()
  if (numUpdatedRows > 0n) return true
  const stored = await db
    .selectFrom('api_token_leases')
    .select('holder')
    .where('name', '=', name)
    .executeTakeFirst()
  if (stored !== undefined) return false
  // The first batch of its writer. If an earlier attempt is committing it at this moment, the INSERT fails, and the next
  // attempt finds the row.
  await db.insertInto('api_token_leases').values(row).execute()
  return true
}
