/** Switches a token in memory off and on, as the databases do. */

import type { TokenRecord } from '../../token/token.ts'
import type { TokenPatch, UpdateScope } from '../token-store.ts'

/** The fields that a switch writes; waking a token starts its idle clock anew. */
export function switched(
  token: TokenRecord,
  status: TokenPatch['status'],
  { now, idleBefore }: UpdateScope,
): Partial<TokenRecord> {
  if (status === undefined) return {}
  if (status === 'inactive') return { status, statusReason: 'disabled' }
  const sleeps = token.status === 'inactive' || (idleBefore !== null && token.idleFrom < idleBefore)
  return { status, statusReason: null, idleFrom: sleeps ? now : token.idleFrom }
}
