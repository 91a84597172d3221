/** Allows only one exchange of a subject token across all instances that share the store. */

import { hash, randomUUID } from 'node:crypto'
import type { Context } from '../../lifecycle/context.ts'
import { revokeToken } from '../../lifecycle/revoke-token.ts'
import { findToken } from '../../store/find-token.ts'
import { SYSTEM } from '../../token/actor.ts'
import { replayWindowMs } from '../jwt-times.ts'
import { OAuthError } from '../oauth-error.ts'
import type { VerifiedSubject } from './subject-token.ts'

/**
 * Issues a token for a subject token that was not exchanged before. A lease reserves the subject token before the insert
 * and lasts until the subject token has expired on every instance. If no token was issued, the lease is released, so
 * that the client can try again.
 *
 * @param issue Issues the token with the given context, which records the id of the new token.
 * @throws {OAuthError} `invalid_request`, if the subject token was or is being exchanged.
 * @throws {StoreUnavailable} If the store is unavailable.
 */
export async function exchangeOnce<T>(
  lifecycle: Context,
  subject: VerifiedSubject,
  issue: (lifecycle: Context) => Promise<T>,
): Promise<T> {
  const { store, clock } = lifecycle
  const lease = { name: `subject ${digestOf(subject)}`, holder: randomUUID() }
  const ms = replayWindowMs(subject.claims.exp, clock.now())
  // A lease that cannot be released expires.
  const release = () => store.releaseLease(lease).catch(() => undefined)
  const isOurs = await store.acquireLease({ ...lease, ms }).catch(async (error) => {
    // The store may have granted the lease although its response was lost.
    await release()
    throw error
  })
  if (!isOurs) throw new OAuthError('invalid_request', 'The subject_token has already been exchanged')
  let tokenId: string | undefined
  const newId = (now: number) => {
    tokenId = lifecycle.newId(now)
    return tokenId
  }
  try {
    return await issue({ ...lifecycle, newId })
  } catch (error) {
    if (await isWithoutToken(lifecycle, tokenId)) await release()
    throw error
  }
}

/**
 * Without a `jti` the signed text identifies the token. The signature does not, because anyone can derive a second valid
 * ECDSA signature from the first.
 */
function digestOf({ claims, signedText }: VerifiedSubject): string {
  const { iss, jti } = claims
  const identity = typeof jti === 'string' && jti !== '' ? ['jti', jti] : ['jwt', signedText]
  return hash('sha256', JSON.stringify([iss, ...identity]), 'base64url')
}

/** If the connection was lost during the commit, a token may exist without a known credential: it is revoked. */
async function isWithoutToken(lifecycle: Context, tokenId: string | undefined): Promise<boolean> {
  if (tokenId === undefined) return true
  try {
    const stored = await findToken(lifecycle.store, tokenId)
    if (stored !== null) await revokeToken(lifecycle, tokenId, { by: SYSTEM, reason: 'not_delivered' })
    return true
  } catch {
    return false
  }
}
