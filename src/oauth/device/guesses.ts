/**
 * Limits how many wrong user codes a user may enter (RFC 8628 §5.1), across all instances: each guess takes one of ten
 * leases, and only a right guess releases its lease.
 */

import { hash, randomUUID } from 'node:crypto'
import type { TokenStore } from '../../store/token-store.ts'

const MAX_WRONG = 10
export const WAIT_SECONDS = 600

/** A guess that the limit allows. */
export interface Guess {
  /** The code was right: the guess does not count. */
  wasRight(): Promise<void>
}

/**
 * Takes a guess of this user, or returns `null` after too many wrong guesses.
 *
 * @throws {StoreUnavailable} If the store is unavailable.
 */
export async function takeGuess(
  store: Pick<TokenStore, 'acquireLease' | 'releaseLease'>,
  userId: string,
): Promise<Guess | null> {
  const holder = randomUUID()
  const user = hash('sha256', userId, 'base64url')
  for (let n = 0; n < MAX_WRONG; n += 1) {
    const name = `guess ${user} ${n}`
    if (await store.acquireLease({ name, holder, ms: WAIT_SECONDS * 1000 })) {
      return {
        wasRight: async () => {
          await store.releaseLease({ name, holder })
        },
      }
    }
  }
  return null
}
