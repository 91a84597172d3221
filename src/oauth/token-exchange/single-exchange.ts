/** Lets a subject token be exchanged once, on all instances that share the store. */

import { hash, randomUUID } from 'node:crypto'
import type { Context } from '../../lifecycle/context.ts'
import { revokeToken } from '../../lifecycle/revoke-token.ts'
import { OAuthError } from '../oauth-error.ts'
import { rememberedMs } from '../replay-memory.ts'
import type { VerifiedSubject } from './subject-token.ts'

/**
 * Issues a token for the subject token, unless one was issued before. The subject token is reserved by a lease before
 * the insert. When no token comes of it, the lease is given back, so that the client may try again; otherwise it stays
 * until the subject token has expired for every verifier.
 *
 * @param issue Issues with the operations that it is given, which note the id of the new token.
 * @throws {OAuthError} `invalid_request`, when the subject token was exchanged before or is being exchanged.
 * @throws {StoreUnavailable} When the store cannot say.
 */
export async function exchangeOnce<T>(
  lifecycle: Context,
  subject: VerifiedSubject,
  issue: (lifecycle: Context) => Promise<T>,
): Promise<T> {
  const { store, clock } = lifecycle
  const lease = { name: `subject ${digestOf(subject)}`, holder: randomUUID() }
  const ms = rememberedMs(subject.claims.exp, clock.now())
  // A lease that cannot be given back runs out.
  const giveBack = () => store.takeLease({ ...lease, ms: 0 }).catch(() => undefined)
  const isOurs = await store.takeLease({ ...lease, ms }).catch(async (error) => {
    // It may be taken, and only the answer lost.
    await giveBack()
    throw error
  })
  if (!isOurs) throw new OAuthError('invalid_request', 'The subject_token was exchanged already')
  let tokenId: string | undefined
  const newId = (now: number) => {
    tokenId = lifecycle.newId(now)
    return tokenId
  }
  try {
    return await issue({ ...lifecycle, newId })
  } catch (error) {
    if (await isWithoutToken(lifecycle, tokenId)) await giveBack()
    throw error
  }
}

/**
 * Without a `jti` the text that was signed identifies the token. The signature does not: of an ECDSA signature anybody
 * can make a second one.
 */
function digestOf({ claims, signedText }: VerifiedSubject): string {
  const { iss, jti } = claims
  const identity = typeof jti === 'string' && jti !== '' ? ['jti', jti] : ['jwt', signedText]
  return hash('sha256', JSON.stringify([iss, ...identity]), 'base64url')
}

/** A connection that was lost during the commit may have left a token, whose credential nobody has: it is revoked. */
async function isWithoutToken(lifecycle: Context, tokenId: string | undefined): Promise<boolean> {
  if (tokenId === undefined) return true
  try {
    const stored = await lifecycle.store.findToken(tokenId)
    if (stored !== null) await revokeToken(lifecycle, tokenId)
    return true
  } catch {
    return false
  }
}
