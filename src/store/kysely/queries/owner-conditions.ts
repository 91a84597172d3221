/** SQL conditions on the owner of a token, for the statement that changes the token. */

import type { ExpressionBuilder } from 'kysely'
import type { ApiTokenDatabase } from '../tables/database.ts'

export type Tokens = ExpressionBuilder<ApiTokenDatabase, 'api_tokens'>

/** The generation of the token's owner. */
export function ownerGeneration(eb: Tokens) {
  return eb
    .selectFrom('api_token_owners')
    .select('api_token_owners.generation')
    .whereRef('api_token_owners.user_id', '=', 'api_tokens.user_id')
}

/** The token's owner is active. */
export function hasActiveOwner(eb: Tokens) {
  return eb.exists(ownerGeneration(eb).where('api_token_owners.status', '=', 'active'))
}

/** If `userId` is given, the token belongs to this user, and the user is active. */
export function belongsTo(eb: Tokens, userId: string | undefined) {
  if (userId === undefined) return eb.lit(true)
  return eb.and([eb('api_tokens.user_id', '=', userId), hasActiveOwner(eb)])
}
