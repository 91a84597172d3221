/** Finds the token of a credential, whatever its status. */

import { findToken } from '../store/find-token.ts'
import type { OwnedToken } from '../token/token.ts'
import { isAsIssued, readSignedToken, type SignedToken } from '../verification/signed-token.ts'
import { type ApiToken, viewOf } from './api-token.ts'
import type { Context } from './context.ts'

/**
 * The token of a credential, also when it has ended or its owner is deactivated. `null`: no key of this plugin signed it,
 * its key is retired, or it has no row or another one. It counts no use, stores nothing in the cache, and does not call
 * `findUser`.
 *
 * @throws {StoreUnavailable} When the store is unavailable.
 */
export async function findByCredential(context: Context, credential: string): Promise<ApiToken | null> {
  const owned = await ownedByCredential(context, credential)
  return owned === null ? null : viewOf(owned.token, owned.owner, context.clock.now(), context)
}

/** The record with its owner. An invalid signature costs no read. */
export async function ownedByCredential(context: Context, credential: string): Promise<OwnedToken | null> {
  const signed = readSignedToken(context, credential, context.clock.now())
  return signed === undefined
    ? null
    : matching(context, signed, await findToken(context.store, signed.tokenId))
}

/** The row of a credential with a valid signature. The id of a token is not a secret: the row must be as it was issued. */
export function matching(
  context: Context,
  signed: SignedToken,
  owned: OwnedToken | null | undefined,
): OwnedToken | null {
  return owned && isAsIssued(signed, owned.token, context) ? owned : null
}
