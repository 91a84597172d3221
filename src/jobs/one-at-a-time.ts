/** Does a piece of work on one instance at a time. */

import { randomUUID } from 'node:crypto'
import type { TokenStore } from '../store/token-store.ts'

/** An instance that dies at work holds nobody up for longer. Work that takes longer may be done twice at once. */
const LEASE_MS = 120_000

export interface SharedWork {
  readonly store: Pick<TokenStore, 'takeLease'>
  /** What is done, for all instances the same. */
  readonly name: string
}

/** The work, as a function that does nothing while another instance is at it. */
export function oneAtATime<Args extends readonly unknown[]>(
  { store, name }: SharedWork,
  work: (...args: Args) => Promise<unknown>,
): (...args: Args) => Promise<void> {
  const holder = randomUUID()
  return async (...args) => {
    if (!(await store.takeLease({ name, holder, ms: LEASE_MS }))) return
    try {
      await work(...args)
    } finally {
      // One that cannot be given back runs out.
      await store.takeLease({ name, holder, ms: 0 }).catch(() => undefined)
    }
  }
}
