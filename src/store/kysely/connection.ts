/** Runs work on a connection as one transaction, and again where the database asks for it. */

import type { Connection } from './dialect-traits.ts'

export type { Connection } from './dialect-traits.ts'

/**
 * Runs the work as one transaction, in which each statement sees what was committed before it. Within a transaction
 * it is a part of that.
 */
export async function atomically<T>(
  { db, traits }: Connection,
  work: (transaction: Connection) => Promise<T>,
): Promise<T> {
  if (db.isTransaction) return work({ db, traits })
  return db
    .transaction()
    .setIsolationLevel('read committed')
    .execute((transaction) => work({ db: transaction, traits }))
}

const MAX_TRIES = 8

/** Does the work again where the database asks for it. The work is one statement or one transaction. */
export async function withRetries<T>({ traits }: Connection, work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work()
    } catch (error) {
      if (tries === MAX_TRIES || !traits.asksForRetry(error)) throw error
      await pause(Math.random() * 5 * 2 ** tries)
    }
  }
}

/** Who were in each other's way should not meet again at once. */
function pause(ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  setTimeout(resolve, ms)
  return promise
}
