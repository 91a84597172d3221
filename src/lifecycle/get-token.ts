/** Reads one token. */

import { TokenNotFound, UserInactive } from '../errors.ts'
import { findToken } from '../store/find-token.ts'
import { isTokenId } from '../token/claims.ts'
import type { OwnedToken } from '../token/token.ts'
import { type ApiToken, viewOf } from './api-token.ts'
import type { Context, OwnerScope } from './context.ts'

/**
 * @throws {TokenNotFound} For an unknown id, or another user's token.
 * @throws {UserInactive} With `userId`, for a user who is deactivated or removed.
 */
export async function getToken(context: Context, id: string, scope: OwnerScope = {}): Promise<ApiToken> {
  const { token, owner } = await findOwned(context, id, scope)
  return viewOf(token, owner, context.clock.now(), context)
}

/** The record with its owner. Throws as `getToken`. */
export async function findOwned({ store }: Context, id: string, { userId }: OwnerScope): Promise<OwnedToken> {
  const found = isTokenId(id) ? await findToken(store, id) : null
  if (userId !== undefined) {
    const owner = found?.token.userId === userId ? found.owner : await store.findOwner(userId)
    if (owner !== null && owner.status !== 'active') throw new UserInactive()
  }
  if (found === null || (userId !== undefined && found.token.userId !== userId)) throw new TokenNotFound()
  return found
}
