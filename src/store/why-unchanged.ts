/** The reason why a change of a token does not take effect, for all stores. */

import { judge } from '../token/status.ts'
import type { OwnedToken } from '../token/token.ts'
import type { ChangeOutcome, ChangeScope, UpdateScope } from './token-store.ts'

/** `unchanged` means that the token, its owner and its end allow the change. */
export function whyUnchanged(
  found: OwnedToken | null,
  { userId, now, maxAgeMs = null }: ChangeScope & Pick<UpdateScope, 'maxAgeMs'>,
  requiresActiveOwner = userId !== undefined,
): ChangeOutcome {
  if (found === null) return { outcome: 'not_found' }
  const { token, owner } = found
  if (userId !== undefined && token.userId !== userId) return { outcome: 'not_found' }
  if (requiresActiveOwner && owner?.status !== 'active') return { outcome: 'owner_inactive' }
  const { status } = judge(token, owner, { now, idleTimeoutMs: null, maxAgeMs })
  return { outcome: status === 'revoked' || status === 'expired' ? 'ended' : 'unchanged', token }
}
