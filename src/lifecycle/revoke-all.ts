/** Revokes all tokens of an owner who stays: one row is written, whatever the number of tokens. */

import { administrationOf } from '../store/administration-of.ts'
import type { Actor } from '../token/actor.ts'
import { userIdFault } from '../token/text.ts'
import type { RevocationReason } from '../token/token.ts'
import type { ChangeOptions, Context } from './context.ts'
import { requireNoCredential } from './no-credential.ts'
import { requireNoFault } from './valid-input.ts'

export interface RevokeAllRequest extends ChangeOptions {
  readonly userId: string
  /** The `statusReason` of the revoked tokens. Default: `null`. */
  readonly reason?: RevocationReason | undefined
}

export interface RevokedTokens {
  /** How many tokens were active or inactive just before; `null` for an owner with more than 1,000 stored tokens. */
  readonly revoked: number | null
}

/** How many tokens are read to count those that end. */
const MAX_COUNTED = 1_000

/**
 * Revokes all present tokens of an owner. The owner may have new ones at once: its status stays.
 *
 * @throws {InvalidInput} For an invalid user id.
 * @throws {InvalidOption} For a store without administration.
 * @throws {StoreUnavailable} When the store is unavailable. The tokens may have been revoked.
 */
export async function revokeAllTokens(
  context: Context,
  {
    userId,
    reason = null,
    by,
  }: Omit<RevokeAllRequest, 'by' | 'reason'> & {
    readonly by: Actor
    readonly reason?: RevocationReason | null | undefined
  },
): Promise<RevokedTokens> {
  requireNoFault('userId', userIdFault(userId))
  requireNoCredential(context, 'userId', userId, context.clock.now())
  const administration = administrationOf(context.store, 'revokeAll')
  const now = context.clock.now()
  const revoked = await countRunning(context, userId, now)
  let ended = false
  try {
    await administration.revokeAllTokens(userId, { now, reason })
    ended = true
  } finally {
    // Also after an error: the change may have been committed before the connection was lost.
    context.invalidations.publish({ target: { userId }, ended })
  }
  context.events.emitSafely('user-tokens-revoked', { at: new Date(now), by, reason, userId })
  return { revoked }
}

/** The tokens that a revocation ends. An outage must not keep a leaked token valid, so that an error is no count. */
async function countRunning(
  { store, idleTimeoutMs, maxAgeMs }: Context,
  userId: string,
  now: number,
): Promise<number | null> {
  try {
    const { total } = await store.listTokens({
      ...{ userId, now, maxAgeMs, sort: 'created_at', descending: true, statuses: ['active', 'inactive'] },
      ...{ limit: 1, maxRows: MAX_COUNTED, idleBefore: idleTimeoutMs === null ? null : now - idleTimeoutMs },
    })
    return total
  } catch {
    return null
  }
}
