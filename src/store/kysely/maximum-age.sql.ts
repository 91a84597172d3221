/** Finds tokens that have reached the maximum age, as conditions on rows. */

import type { Expression, ExpressionBuilder, SqlBool } from 'kysely'
import type { MaxAgeMs } from '../token-store.ts'
import type { ApiTokenDatabase } from './database.ts'
import type { DialectTraits } from './dialect-traits.ts'
import type { Instant } from './instant.ts'

type Tokens = ExpressionBuilder<ApiTokenDatabase, 'api_tokens'>

/** A token issued at this moment or earlier has reached the maximum age at `now`; `null` without one. */
export function agedBy(traits: DialectTraits, now: number, maxAgeMs: MaxAgeMs): Expression<Instant> | null {
  return maxAgeMs === null || maxAgeMs === undefined ? null : traits.time(now - maxAgeMs)
}

/** That a token has not reached the maximum age: nothing to ask without one. */
export function isYoung(eb: Tokens, aged: Expression<Instant> | null): readonly Expression<SqlBool>[] {
  return aged === null ? [] : [eb('api_tokens.created_at', '>', aged)]
}

/**
 * The lowest id of a token that was issued at this moment or later. An id begins with the time of its making in 48 bits
 * (RFC 9562 §5.7), which is that of the issue or, after the clock went back, a few seconds later. A range of ids
 * therefore finds tokens by age without an index of its own.
 */
export function firstIdOf(ms: number): string {
  const time = Math.max(0, ms).toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`
}
