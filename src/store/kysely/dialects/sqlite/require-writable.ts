/** Fails the boot when this process cannot write to the database. SQLite opens such a file without an error. */

import { sql } from 'kysely'
import { InvalidOption } from '../../../../errors.ts'
import { atomically, type StoreDb } from '../../transactions.ts'
import { withoutBusyTimeout } from './lock-waits.ts'
import { faultOf, isLocked } from './sqlite-errors.ts'

/**
 * Rewrites a value without a change. A file that another connection is writing to counts as writable.
 *
 * @throws {InvalidOption} Names the file and the reason.
 */
export async function requireWritable(storeDb: StoreDb): Promise<void> {
  try {
    await withoutBusyTimeout(storeDb, (own) => atomically(own, rewriteVersion))
  } catch (cause) {
    const fault = faultOf(cause)
    if (isLocked(cause)) return
    if (fault === undefined) throw cause
    const file = await pathOf(storeDb)
    throw new InvalidOption(`store: the SQLite file ${file} cannot be written: ${fault}`, { cause })
  }
}

async function rewriteVersion({ db }: StoreDb): Promise<void> {
  const { rows } = await sql<{ user_version: number }>`pragma user_version`.execute(db)
  const version = Number(rows[0]?.user_version ?? 0)
  await sql`pragma user_version = ${sql.lit(version)}`.execute(db)
}

/** The absolute path. */
async function pathOf({ db }: StoreDb): Promise<string> {
  const { rows } = await sql<{ file: string }>`select file from pragma_database_list where name = 'main'`
    .execute(db)
    .catch(() => ({ rows: [] }))
  return rows[0]?.file ?? 'of the host'
}
