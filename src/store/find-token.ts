/** Reads one token and its owner. */

import type { OwnedToken } from '../token/token.ts'
import type { TokenStore } from './token-store.ts'

/** The most ids of one `findTokens`. */
export const MAX_FOUND_TOKENS = 256

/** The token with this id and its owner, or `null`. */
export async function findToken(
  store: Pick<TokenStore, 'findTokens'>,
  id: string,
): Promise<OwnedToken | null> {
  const found = await store.findTokens([id])
  return found.get(id) ?? null
}
