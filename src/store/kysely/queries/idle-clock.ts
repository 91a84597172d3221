/** When the idle timeout of a token began: the latest of issue, enabling and last use, as SQL. */

import type { Expression, SqlBool } from 'kysely'
import type { DialectTraits } from '../dialects/dialect-traits.ts'
import { dayOf } from '../tables/day-of-token.ts'
import type { Instant } from '../tables/instant.ts'
import type { Tokens } from './owner-conditions.ts'

/** The idle timeout began before this time. With `exists` instead of a value, PostgreSQL may read the whole table of usage. */
export function beganBefore(eb: Tokens, time: Expression<Instant>): Expression<SqlBool> {
  return eb.and([
    eb('api_tokens.idle_from', '<', time),
    eb.or([eb('api_tokens.last_used_at', 'is', null), eb('api_tokens.last_used_at', '<', time)]),
    eb(eb.fn.coalesce(dayOf(eb).select('api_token_usage.last_used_at'), 'api_tokens.idle_from'), '<', time),
  ])
}

/** The last use; 1970 for a token without use. */
export function lastUse(eb: Tokens, { time, later }: DialectTraits): Expression<Instant> {
  const never = time(0)
  return later(
    eb.fn.coalesce('api_tokens.last_used_at', never),
    eb.fn.coalesce(dayOf(eb).select('api_token_usage.last_used_at'), never),
  )
}

/** The start of the idle timeout. */
export function idleFrom(eb: Tokens, traits: DialectTraits): Expression<Instant> {
  return traits.later(eb.ref('api_tokens.idle_from'), lastUse(eb, traits))
}
