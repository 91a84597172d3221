/**
 * Bounds how many user codes a user may get wrong (RFC 8628 §5.1), on all instances together: each try needs one of
 * a few leases, which only a right one gives back.
 */

import { hash, randomUUID } from 'node:crypto'
import type { TokenStore } from '../../store/token-store.ts'

const MAX_WRONG = 10
export const WAIT_SECONDS = 600

/** A try that may be made. */
export interface Guess {
  /** The code was right: the try does not count. */
  wasRight(): Promise<void>
}

/**
 * A try of this user, or `null` when too many were wrong of late.
 *
 * @throws {StoreUnavailable} When the store cannot count.
 */
export async function takeGuess(store: Pick<TokenStore, 'takeLease'>, userId: string): Promise<Guess | null> {
  const holder = randomUUID()
  const user = hash('sha256', userId, 'base64url')
  for (let n = 0; n < MAX_WRONG; n += 1) {
    const name = `guess ${user} ${n}`
    if (await store.takeLease({ name, holder, ms: WAIT_SECONDS * 1000 })) {
      return {
        wasRight: async () => {
          await store.takeLease({ name, holder, ms: 0 })
        },
      }
    }
  }
  return null
}
