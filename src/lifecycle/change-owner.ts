/** Ends or suspends everything that a user owns, by writing one row. */

import { userIdFault } from '../token/text.ts'
import type { OwnerStatus } from '../token/token.ts'
import type { Context } from './context.ts'
import { requireNoFault } from './valid-input.ts'

type OwnerDeps = Pick<Context, 'store' | 'clock' | 'invalidations' | 'onTouchFailed'>

/** Stops all tokens of a user at once, until `reactivateUser`. The user may be unknown yet. */
export function deactivateUser(context: OwnerDeps, userId: string): Promise<void> {
  return setStatus(context, userId, 'inactive')
}

/** Lets a user's tokens work again; those from before a removal stay revoked. */
export function reactivateUser(context: OwnerDeps, userId: string): Promise<void> {
  return setStatus(context, userId, 'active')
}

/** Revokes all tokens of a user for good, also if a user of that id returns. */
export function removeUser(context: OwnerDeps, userId: string): Promise<void> {
  return setStatus(context, userId, 'removed')
}

/**
 * Forgets what is remembered of a user: for a host whose `findUser` would answer something else now. It is forgotten
 * here when this returns, and elsewhere as soon as the news is there.
 */
export function invalidateUser({ store, invalidations, onTouchFailed }: OwnerDeps, userId: string): void {
  requireNoFault('userId', userIdFault(userId))
  invalidations.publish({ target: { userId }, ended: false })
  store.feed.touchOwner(userId).catch(onTouchFailed)
}

async function setStatus(
  { store, clock, invalidations }: OwnerDeps,
  userId: string,
  status: OwnerStatus,
): Promise<void> {
  requireNoFault('userId', userIdFault(userId))
  let ended = false
  try {
    const owner = await store.setOwnerStatus(userId, status, clock.now())
    ended = owner.status !== 'active'
  } finally {
    // Also when the store's answer was lost: then it has to be asked again.
    invalidations.publish({ target: { userId }, ended })
  }
}
