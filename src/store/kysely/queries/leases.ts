/** Lends a piece of work to one instance, until a moment by the database's clock: a crash leaves nothing to undo. */

import { sql } from 'kysely'
import type { Lease } from '../../token-store.ts'
import type { StoreDb } from '../transactions.ts'

/** Whether the lease is the holder's: it was free, had run out, or was the holder's before. */
export async function takeLease(storeDb: StoreDb, lease: Lease): Promise<boolean> {
  if (await takeFree(storeDb, lease)) return true
  const { db, traits } = storeDb
  // There may be no row yet. Whoever makes it, the UPDATE decides; and it is a lease already, so that nobody prunes it.
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

/** Deletes at most `limit` leases that have run out; one that is taken meanwhile stays. */
export async function deleteEndedLeases(storeDb: StoreDb, limit: number): Promise<number> {
  const { db, traits } = storeDb
  // As a query of its own the clock is read once; PostgreSQL would ask it for each row, and no index with it.
  const now = sql<number>`(select ${traits.now})`
  const ended = await db
    .selectFrom('api_token_leases')
    .select('name')
    .where('ends_at', '<=', now)
    .orderBy('ends_at')
    .limit(limit)
    .execute()
  if (ended.length === 0) return 0
  // In one order, as two who delete the same must lock them.
  const names = ended.map(({ name }) => name).sort()
  const { numDeletedRows } = await db
    .deleteFrom('api_token_leases')
    .where('name', 'in', names)
    .where('ends_at', '<=', now)
    .executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}
