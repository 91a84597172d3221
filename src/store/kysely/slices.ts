/** Splits long work into slices on SQLite, whose statements block the thread and with it all requests. */

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { StoreDb } from './transactions.ts'

/** Lets waiting requests run between two statements. */
export async function betweenSlices({ traits }: Pick<StoreDb, 'traits'>): Promise<void> {
  if (traits.writers === 'one') await nextTurn()
}

/** Runs the work on slices of the members on SQLite, and on all members at once on servers. */
export async function inSlices<Member>(
  storeDb: Pick<StoreDb, 'traits'>,
  members: readonly Member[],
  size: number,
  work: (some: readonly Member[]) => Promise<unknown>,
): Promise<void> {
  const slice = storeDb.traits.writers === 'one' ? size : members.length
  for (let from = 0; from < members.length; from += slice) {
    await work(members.slice(from, from + slice))
    await betweenSlices(storeDb)
  }
}
