/** Runs work as one transaction, and retries it after deadlocks and serialization failures. */

import type { StoreDb } from './dialects/dialect-traits.ts'

export type { StoreDb } from './dialects/dialect-traits.ts'

/**
 * Runs the work as one transaction at read committed. Within a transaction it becomes a part of that transaction.
 *
 * @throws The error of the work or of COMMIT. A failed ROLLBACK is ignored: SQLite rolls back by itself when the
 *   disk is full, and a lost connection cannot roll back.
 */
export async function atomically<T>(
  { db, traits }: StoreDb,
  work: (transaction: StoreDb) => Promise<T>,
): Promise<T> {
  if (db.isTransaction) return work({ db, traits })
  const transaction = await db.startTransaction().setIsolationLevel('read committed').execute()
  try {
    const result = await work({ db: transaction, traits })
    await transaction.commit().execute()
    return result
  } catch (error) {
    await transaction
      .rollback()
      .execute()
      .catch(() => undefined)
    throw error
  }
}

const MAX_TRIES = 8

/**
 * Runs work that writes, with retries. The work must be one statement or one transaction on the given database.
 */
export async function withRetries<T>(storeDb: StoreDb, work: (storeDb: StoreDb) => Promise<T>): Promise<T> {
  return storeDb.lockWaits === undefined
    ? untilAccepted(storeDb, work)
    : storeDb.lockWaits.write(storeDb, work)
}

/** Runs work that only reads, on the given database, with retries. */
export async function reading<T>(storeDb: StoreDb, work: (storeDb: StoreDb) => Promise<T>): Promise<T> {
  return storeDb.lockWaits === undefined
    ? untilAccepted(storeDb, work)
    : storeDb.lockWaits.read(storeDb, work)
}

async function untilAccepted<T>(storeDb: StoreDb, work: (storeDb: StoreDb) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work(storeDb)
    } catch (error) {
      if (tries === MAX_TRIES || !storeDb.traits.isRetryable(error)) throw error
      await pause(Math.random() * 5 * 2 ** tries)
    }
  }
}

/** Random, so that two transactions do not collide again. */
function pause(ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  setTimeout(resolve, ms)
  return promise
}
