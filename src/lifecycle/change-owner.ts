/** Deactivates, reactivates and removes users: one row decides for all tokens of a user. */

import type { Actor } from '../token/actor.ts'
import { userIdFault } from '../token/text.ts'
import type { OwnerStatus } from '../token/token.ts'
import type { SignedTokenDeps } from '../verification/signed-token.ts'
import type { Context } from './context.ts'
import { requireNoCredential } from './no-credential.ts'
import { requireNoFault } from './valid-input.ts'

type OwnerDeps = Pick<Context, 'store' | 'clock' | 'invalidations' | 'events' | 'onTouchFailed'> &
  SignedTokenDeps

/** Refuses all tokens of a user until `reactivateUser`. The user may be unknown to the store. */
export function deactivateUser(context: OwnerDeps, userId: string, by: Actor): Promise<void> {
  return setStatus(context, userId, 'inactive', by)
}

/** Accepts a user's tokens again. Tokens issued before a removal stay revoked. */
export function reactivateUser(context: OwnerDeps, userId: string, by: Actor): Promise<void> {
  return setStatus(context, userId, 'active', by)
}

/** Revokes all tokens of a user permanently, also if a user with the same id is created later. */
export function removeUser(context: OwnerDeps, userId: string, by: Actor): Promise<void> {
  return setStatus(context, userId, 'removed', by)
}

/**
 * Drops the user's cache entries after a change that `findUser` would return: in this process when this returns, in
 * others when they receive the invalidation.
 */
export function invalidateUser({ store, invalidations, onTouchFailed }: OwnerDeps, userId: string): void {
  requireNoFault('userId', userIdFault(userId))
  invalidations.publish({ target: { userId }, ended: false })
  store.feed.touchOwner(userId).catch(onTouchFailed)
}

const EVENTS = {
  inactive: 'user-deactivated',
  active: 'user-reactivated',
  removed: 'user-removed',
} as const satisfies Record<OwnerStatus, string>

async function setStatus(context: OwnerDeps, userId: string, status: OwnerStatus, by: Actor): Promise<void> {
  const { store, clock, invalidations, events } = context
  requireNoFault('userId', userIdFault(userId))
  const now = clock.now()
  requireNoCredential(context, 'userId', userId, now)
  let ended = false
  try {
    const owner = await store.setOwnerStatus(userId, status, now)
    ended = owner.status !== 'active'
  } finally {
    // Also after an error: the change may have been committed before the connection was lost.
    invalidations.publish({ target: { userId }, ended })
  }
  events.emitSafely(EVENTS[status], { at: new Date(now), by, reason: null, userId })
}
