/** Ends the token that a successor replaces, at the successor's first use. */

import type { TokenRecord } from '../token/token.ts'
import { viewOf } from './api-token.ts'
import type { Context } from './lifecycle-parts.ts'

/** @throws {StoreUnavailable} When the store cannot answer: the successor is not let through before. */
export async function endPredecessor(
  parts: Context,
  successorId: string,
  predecessorId: string,
): Promise<void> {
  const { store, clock, invalidations, events } = parts
  const now = clock.now()
  let ended: TokenRecord | null = null
  try {
    ended = await store.endPredecessor({ successorId, predecessorId }, now)
  } finally {
    // Also when the store's answer was lost: then both have to be asked for again.
    invalidations.publish({ target: { tokenId: predecessorId }, ended: ended !== null })
    invalidations.publish({ target: { tokenId: successorId }, ended: false })
  }
  if (ended !== null) events.tell('revoked', { token: viewOf(ended, null, now, parts) })
}
