/** Finds the token that a client may revoke with its credential. */

import { findToken } from '../store/find-token.ts'
import { judge } from '../token/status.ts'
import type { TokenRecord } from '../token/token.ts'
import { isAsIssued, readSignedToken } from '../verification/signed-token.ts'
import type { RejectionReason } from '../verification/verification-entry.ts'
import type { Context } from './context.ts'

/** The token of a credential, or the reason why it cannot be revoked. */
export type EndableToken =
  | { readonly token: TokenRecord; readonly rejection: null }
  | { readonly rejection: RejectionReason; readonly tokenId: string | null; readonly userId: string | null }

/**
 * Finds a token that has not ended. It may be disabled or idle, and its owner may be deactivated. An invalid signature
 * costs no read.
 *
 * @throws {StoreUnavailable} When the store is unavailable.
 */
export async function findRevocable(context: Context, credential: string): Promise<EndableToken> {
  const signed = readSignedToken(context, credential, context.clock.now())
  if (signed === undefined) return { tokenId: null, userId: null, rejection: 'forged' }
  const { tokenId } = signed
  const owned = await findToken(context.store, tokenId)
  if (owned === null) return { tokenId, userId: signed.userId, rejection: 'unknown' }
  const { token, owner } = owned
  const { userId } = token
  if (!isAsIssued(signed, token, context)) return { tokenId, userId, rejection: 'not_as_issued' }
  const { status } = judge(token, owner, {
    now: context.clock.now(),
    idleTimeoutMs: null,
    maxAgeMs: context.maxAgeMs,
  })
  if (status === 'revoked' || status === 'expired') return { tokenId, userId, rejection: status }
  return { token, rejection: null }
}
