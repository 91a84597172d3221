/** Runs a job on one instance at a time, by a lease. */

import { randomUUID } from 'node:crypto'
import type { TokenStore } from '../store/token-store.ts'

/** After a crash, other instances wait at most this long. A job that takes longer may run on two instances at once. */
const LEASE_MS = 120_000

export interface SharedWork {
  readonly store: Pick<TokenStore, 'acquireLease' | 'releaseLease'>
  /** The name of the job, the same on all instances. */
  readonly name: string
}

/** Returns a function that runs the job, or does nothing while another instance runs it. */
export function oneAtATime<Args extends readonly unknown[]>(
  { store, name }: SharedWork,
  work: (...args: Args) => Promise<unknown>,
): (...args: Args) => Promise<void> {
  const holder = randomUUID()
  return async (...args) => {
    if (!(await store.acquireLease({ name, holder, ms: LEASE_MS }))) return
    try {
      await work(...args)
    } finally {
      // A lease that cannot be released runs out.
      await store.releaseLease({ name, holder }).catch(() => undefined)
    }
  }
}
