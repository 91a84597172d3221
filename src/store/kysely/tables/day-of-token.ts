/**
 * The usage row of a token's `idle_day`, which belongs to the token's row. It is read by primary key, in subqueries: SQLite
 * would plan a join again for each id, and an UPDATE can use the same expressions.
 */

import type { ExpressionBuilder } from 'kysely'
import type { ApiTokenDatabase } from './database.ts'

type Tokens = ExpressionBuilder<ApiTokenDatabase, 'api_tokens'>

/** A query of that row, of at most one. The table of tokens must have this name in the outer statement. */
export function dayOf(eb: Tokens) {
  return eb
    .selectFrom('api_token_usage')
    .whereRef('api_token_usage.day', '=', 'api_tokens.idle_day')
    .whereRef('api_token_usage.token_id', '=', 'api_tokens.id')
}
