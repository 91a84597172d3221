/** Leases: one instance holds a lease until a time by the database's clock. After a crash it runs out. */

import { sql } from 'kysely'
import type { Lease } from '../../token-store.ts'
import type { StoreDb } from '../transactions.ts'

/** Returns whether the holder has the lease: it was free, had run out, or was the holder's already. */
export async function takeLease(storeDb: StoreDb, lease: Lease): Promise<boolean> {
  if (await takeFree(storeDb, lease)) return true
  const { db, traits } = storeDb
  // There may be no row yet. Another holder may insert it first, so the UPDATE decides. The row has not run out, so that it
  // is not pruned in between.
  const { name, holder, ms } = lease
  const row = { name, holder, ends_at: sql<number>`${traits.now} + ${ms}` }
  await traits.onConflictDoNothing(db.insertInto('api_token_leases').values(row), 'name').execute()
  return takeFree(storeDb, lease)
}

async function takeFree({ db, traits: { now } }: StoreDb, { name, holder, ms }: Lease): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('api_token_leases')
    .set({ holder, ends_at: sql<number>`${now} + ${ms}` })
    .where('name', '=', name)
    .where((eb) => eb.or([eb('holder', '=', holder), eb('ends_at', '<=', now)]))
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}

/** Ends the lease now, if the holder has it. */
export async function endLease(
  { db, traits: { now } }: StoreDb,
  { name, holder }: Pick<Lease, 'name' | 'holder'>,
): Promise<void> {
  await db
    .updateTable('api_token_leases')
    .set({ ends_at: now })
    .where('name', '=', name)
    .where('holder', '=', holder)
    .where('ends_at', '>', now)
    .execute()
}

/** Deletes at most `limit` leases that have run out. A lease that was taken in the meantime stays. */
export async function deleteEndedLeases(storeDb: StoreDb, limit: number): Promise<number> {
  const { db, traits } = storeDb
  // A subquery is read once. Otherwise PostgreSQL reads the clock for each row and uses no index.
  const now = sql<number>`(select ${traits.now})`
  const ended = await db
    .selectFrom('api_token_leases')
    .select('name')
    .where('ends_at', '<=', now)
    .orderBy('ends_at')
    .limit(limit)
    .execute()
  if (ended.length === 0) return 0
  // Sorted, so that concurrent deletions lock the rows in the same order.
  const names = ended.map(({ name }) => name).sort()
  const { numDeletedRows } = await db
    .deleteFrom('api_token_leases')
    .where('name', 'in', names)
    .where('ends_at', '<=', now)
    .executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}
