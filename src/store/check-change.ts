/** Decides whether a token may be changed, for all stores. */

import { judge } from '../token/status.ts'
import type { OwnedToken } from '../token/token.ts'
import type { ChangeOutcome, ChangeScope, UpdateScope } from './token-store.ts'

/**
 * Decides whether a token may be changed. Call it on rows that are locked: between the read and the write no other
 * connection may change them.
 *
 * @param found The token and its owner; `null` or left out for an unknown id.
 * @param requiresActiveOwner Default: only if `scope` names a user. A rotation always requires an active owner.
 * @returns `unchanged` if the token, its owner and its end allow the change; otherwise the outcome to return.
 */
export function checkChange(
  found: OwnedToken | null | undefined,
  { userId, now, maxAgeMs = null }: ChangeScope & Pick<UpdateScope, 'maxAgeMs'>,
  requiresActiveOwner = userId !== undefined,
): ChangeOutcome {
  if (found === null || found === undefined) return { outcome: 'not_found' }
  const { token, owner } = found
  if (userId !== undefined && token.userId !== userId) return { outcome: 'not_found' }
  if (requiresActiveOwner && owner?.status !== 'active') return { outcome: 'owner_inactive' }
  const { status } = judge(token, owner, { now, idleTimeoutMs: null, maxAgeMs })
  return { outcome: status === 'revoked' || status === 'expired' ? 'ended' : 'unchanged', token }
}
