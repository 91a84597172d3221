/** Ends the token that a successor replaces, at the successor's first use. */

import type { TokenRecord } from '../token/token.ts'
import { viewOf } from './api-token.ts'
import type { Context } from './context.ts'

/** @throws {StoreUnavailable} When the store cannot answer: the successor is not let through before. */
export async function endPredecessor(
  context: Context,
  successorId: string,
  predecessorId: string,
): Promise<void> {
  const { store, clock, invalidations, events } = context
  const now = clock.now()
  let ended: TokenRecord | null = null
  try {
    ended = await store.endPredecessor({ successorId, predecessorId }, now)
  } finally {
    // Also when the store's answer was lost: then both have to be asked for again.
    invalidations.publish({ target: { tokenId: predecessorId }, ended: ended !== null })
    invalidations.publish({ target: { tokenId: successorId }, ended: false })
  }
  if (ended !== null) events.emitSafely('revoked', { token: viewOf(ended, null, now, context) })
}
