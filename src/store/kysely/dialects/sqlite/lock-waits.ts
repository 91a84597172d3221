/**
 * Waits for a lock of another connection in turns of the event loop. SQLite itself would wait within the thread, so that
 * nothing else runs, not even the code of this process that has to release the lock.
 */

import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { LockWaits, StoreDb } from '../dialect-traits.ts'
import { isLocked } from './sqlite-errors.ts'

type Work<T> = (storeDb: StoreDb) => Promise<T>

/** How one attempt runs, on which connection. */
export type Attempt = <T>(storeDb: StoreDb, work: Work<T>) => Promise<T>

const MAX_PAUSE_MS = 25
/** How long writes that wait for each other go on before the event loop turns. */
const SLICE_MS = 5

/** Waits for `timeoutMs` at most from the moment at which the work arrives; then the error of SQLite is thrown. */
export function lockWaits(timeoutMs: number, attempt: Attempt): LockWaits {
  let last: Promise<void> = Promise.resolve()
  let waiting = 0
  let sliceFrom = 0
  return {
    read: (storeDb, work) => untilUnlocked(() => attempt(storeDb, work), deadlineIn(timeoutMs)),

    write: async (storeDb, work) => {
      const deadline = deadlineIn(timeoutMs)
      const before = last
      const { promise, resolve } = Promise.withResolvers<void>()
      last = promise
      if (waiting === 0) sliceFrom = performance.now()
      waiting += 1
      await before
      try {
        if (performance.now() - sliceFrom > SLICE_MS) {
          await nextTurn()
          sliceFrom = performance.now()
        }
        return await untilUnlocked(() => attempt(storeDb, work), deadline)
      } finally {
        waiting -= 1
        resolve()
      }
    },
  }
}

/**
 * On a connection of the host, whose own `busy_timeout` would stop the thread: it is 0 while our work has the
 * connection to itself.
 */
export const withoutBusyTimeout: Attempt = (storeDb, work) =>
  storeDb.db.connection().execute(async (db) => {
    const own = { db, traits: storeDb.traits }
    const { rows } = await sql<{ timeout: number }>`pragma busy_timeout`.execute(db)
    const { timeout = 0 } = rows[0] ?? {}
    if (timeout === 0) return work(own)
    await sql`pragma busy_timeout = 0`.execute(db)
    try {
      return await work(own)
    } finally {
      await sql`pragma busy_timeout = ${sql.lit(timeout)}`.execute(db)
    }
  })

/** Work that comes late is tried once: what came before it may have had the time, and not the lock. */
async function untilUnlocked<T>(attempt: () => Promise<T>, deadline: number): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt()
    } catch (error) {
      if (!isLocked(error) || performance.now() >= deadline) throw error
      await sleep(pauseAfter(tries, deadline))
    }
  }
}

/** Short at first, since most locks are; random, so that two who wait do not meet again. */
function pauseAfter(tries: number, deadline: number): number {
  const pause = Math.random() * Math.min(2 ** tries, MAX_PAUSE_MS)
  return Math.max(1, Math.min(pause, deadline - performance.now()))
}

function deadlineIn(ms: number): number {
  return performance.now() + ms
}
