/** Makes one change to a token and publishes its invalidation. */

import { TokenConflict, TokenNotFound, UserInactive } from '../errors.ts'
import type { ChangeOutcome } from '../store/token-store.ts'
import type { TokenRecord } from '../token/token.ts'
import type { Context } from './context.ts'

export interface TokenChangeRequest {
  /** Whether the token may no longer be used after the change. */
  readonly ends: boolean
  write(): Promise<ChangeOutcome>
}

export interface ChangedToken {
  readonly token: TokenRecord
  /** Whether anything changed. */
  readonly changed: boolean
}

/**
 * @throws {TokenNotFound | UserInactive | TokenConflict} When the change is not possible.
 * @throws {StoreUnavailable} When the store is unavailable. The change may have been committed.
 */
export async function changeToken(
  { invalidations }: Pick<Context, 'invalidations'>,
  tokenId: string,
  { ends, write }: TokenChangeRequest,
): Promise<ChangedToken> {
  let change: ChangeOutcome
  try {
    change = await write()
  } catch (error) {
    // The change may have been committed: cached entries must be read again.
    invalidations.publish({ target: { tokenId }, ended: false })
    throw error
  }
  if (change.outcome === 'changed') invalidations.publish({ target: { tokenId }, ended: ends })
  return { token: tokenOf(change), changed: change.outcome === 'changed' }
}

function tokenOf(change: ChangeOutcome): TokenRecord {
  switch (change.outcome) {
    case 'changed':
    case 'unchanged':
      return change.token
    case 'not_found':
      throw new TokenNotFound()
    case 'owner_inactive':
      throw new UserInactive()
    case 'ended':
      throw new TokenConflict('The API token has ended: it is revoked or expired')
    default:
      return change satisfies never
  }
}
