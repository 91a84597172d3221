/** Ends a rotated token at the first use of its successor. */

import type { TokenRecord } from '../token/token.ts'
import { viewOf } from './api-token.ts'
import type { Context } from './context.ts'

/** @throws {StoreUnavailable} When the store is unavailable: the successor is accepted only after its predecessor has ended. */
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
    // Also after an error: the change may have been committed, so both rows must be read again.
    invalidations.publish({ target: { tokenId: predecessorId }, ended: ended !== null })
    invalidations.publish({ target: { tokenId: successorId }, ended: false })
  }
  if (ended === null) return
  const by = { kind: 'token', id: successorId, ip: null } as const
  const token = viewOf(ended, null, now, context)
  events.emitSafely('revoked', { at: new Date(now), by, reason: token.statusReason, token })
}
