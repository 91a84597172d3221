/** Does what takes long in parts, where the database works within this thread and holds up all requests meanwhile. */

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { StoreDb } from './transactions.ts'

/** Lets requests come in between two statements. */
export async function betweenSlices({ traits }: Pick<StoreDb, 'traits'>): Promise<void> {
  if (traits.writers === 'one') await nextTurn()
}

/** Does the work on some of the members at a time; on all at once where the database is elsewhere. */
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
