/** Lends a piece of work to one instance, until a moment by the database's clock: a crash leaves nothing to undo. */

import { sql } from 'kysely'
import type { Lease } from '../token-store.ts'
import type { Connection } from './connection.ts'

/** Whether the lease is the holder's: it was free, had run out, or was the holder's before. */
export async function takeLease(connection: Connection, lease: Lease): Promise<boolean> {
  if (await takeFree(connection, lease)) return true
  const { db, traits } = connection
  // There may be no row yet. Whoever makes it, the UPDATE decides.
  const row = { name: lease.name, holder: lease.holder, ends_at: 0 }
  await traits.unlessThere(db.insertInto('api_token_leases').values(row), 'name').execute()
  return takeFree(connection, lease)
}

async function takeFree({ db, traits: { now } }: Connection, { name, holder, ms }: Lease): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('api_token_leases')
    .set({ holder, ends_at: sql<number>`${now} + ${ms}` })
    .where('name', '=', name)
    .where((eb) => eb.or([eb('holder', '=', holder), eb('ends_at', '<=', now)]))
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}
