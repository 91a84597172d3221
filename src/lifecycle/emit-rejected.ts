/** Emits `rejected` for a refused credential. */

import type { RejectionReason } from '../verification/verification-entry.ts'
import type { TokenEventEmitter } from './token-events.ts'

/** Why a credential is refused, and its token as far as it is known. */
export interface Rejection {
  readonly reason: RejectionReason
  readonly tokenId: string | null
  /** The owner; `null` or empty for a compact credential without a row. */
  readonly userId: string | null
}

/** Where and when the credential was refused. */
export interface RejectedAt {
  readonly now: number
  /** The address of the request; `null` without a request. */
  readonly ip: string | null
}

export function emitRejected(
  events: TokenEventEmitter,
  { reason, ...token }: Rejection,
  { now, ip }: RejectedAt,
): void {
  // The claims of an invalid signature are not trusted.
  const { tokenId, userId } = reason === 'forged' ? { tokenId: null, userId: null } : token
  const by = { kind: 'token', id: tokenId, ip } as const
  const owner = userId === '' ? null : userId
  events.emitSafely('rejected', { at: new Date(now), by, reason, tokenId, userId: owner })
}
