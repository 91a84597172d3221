/**
 * Waits for a lock of another connection without blocking the event loop. SQLite's own busy timeout would block the
 * thread, and with it the code of this process that may have to release the lock.
 */

import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { LockWaits, StoreDb } from '../dialect-traits.ts'
import { isLocked } from './sqlite-errors.ts'

type Work<T> = (storeDb: StoreDb) => Promise<T>

/** Runs one attempt. */
export type Attempt = <T>(storeDb: StoreDb, work: Work<T>) => Promise<T>

const MAX_PAUSE_MS = 25
/** How long queued writes run before the event loop gets a turn. */
const SLICE_MS = 5

/** Retries until `timeoutMs` after the arrival of the work, then throws SQLite's error. */
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
 * For a connection of the host, whose `busy_timeout` would block the thread: sets it to 0 while the work runs.
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

/** Work whose deadline passed while it was queued is still tried once. */
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

/** Short at first, because most locks are short. Random, so that two connections do not collide again. */
function pauseAfter(tries: number, deadline: number): number {
  const pause = Math.random() * Math.min(2 ** tries, MAX_PAUSE_MS)
  return Math.max(1, Math.min(pause, deadline - performance.now()))
}

function deadlineIn(ms: number): number {
  return performance.now() + ms
}
