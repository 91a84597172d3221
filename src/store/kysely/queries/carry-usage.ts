/**
 * Carries the usage row of a token's `idle_day` over to the token's row. From then on the sum of the two rows is that of the
 * token's row and of the usage row of another day. The token's row must be locked by an earlier statement of the
 * transaction: otherwise PostgreSQL would add the usage row as it was before the wait for the lock.
 */

import { sql, type UpdateObject } from 'kysely'
import type { DialectTraits } from '../dialects/dialect-traits.ts'
import type { ApiTokenDatabase } from '../tables/database.ts'
import { dayOf } from '../tables/day-of-token.ts'
import { lastUse } from './idle-clock.ts'
import type { Tokens } from './owner-conditions.ts'

/** The columns of the token's row with the usage row added. Write `idle_day` after them. */
export function carriedUsage(
  eb: Tokens,
  traits: DialectTraits,
): UpdateObject<ApiTokenDatabase, 'api_tokens'> {
  const day = dayOf(eb)
  const hasClient = eb(day.select('api_token_usage.last_used_ip'), 'is not', null)
  return {
    // Before `last_used_at`: MySQL assigns from left to right.
    last_used_user_agent: eb
      .case()
      .when(hasClient)
      .then(day.select('api_token_usage.last_used_user_agent'))
      .else(eb.ref('api_tokens.last_used_user_agent'))
      .end(),
    last_used_ip: eb.fn.coalesce(
      day.select('api_token_usage.last_used_ip'),
      eb.ref('api_tokens.last_used_ip'),
    ),
    scopes_used: sql<number>`${eb.ref('api_tokens.scopes_used')} | coalesce(${day.select('api_token_usage.scopes_used')}, 0)`,
    use_count: sql<number>`${eb.ref('api_tokens.use_count')} + coalesce(${day.select('requests')}, 0)`,
    last_used_at: eb
      .case()
      .when(day.select('requests'), 'is not', null)
      .then(lastUse(eb, traits))
      .else(eb.ref('api_tokens.last_used_at'))
      .end(),
  }
}
