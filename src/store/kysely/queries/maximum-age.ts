/** SQL conditions for tokens that have reached the maximum age. */

import type { Expression, ExpressionBuilder, SqlBool } from 'kysely'
import { MAX_READ } from '../../ended-bounds.ts'
import type { MaxAgeMs } from '../../token-store.ts'
import type { DialectTraits, StoreDb } from '../dialects/dialect-traits.ts'
import type { ApiTokenDatabase } from '../tables/database.ts'
import type { Instant } from '../tables/instant.ts'
import { beganBefore } from './idle-clock.ts'

type Tokens = ExpressionBuilder<ApiTokenDatabase, 'api_tokens'>

/** A token issued at this time or earlier has reached the maximum age at `now`; `null` without a maximum age. */
export function agedBy(traits: DialectTraits, now: number, maxAgeMs: MaxAgeMs): Expression<Instant> | null {
  return maxAgeMs === null || maxAgeMs === undefined ? null : traits.time(now - maxAgeMs)
}

/** The token has not reached the maximum age. Empty without a maximum age. */
export function isYoung(eb: Tokens, aged: Expression<Instant> | null): readonly Expression<SqlBool>[] {
  return aged === null ? [] : [eb('api_tokens.created_at', '>', aged)]
}

/** Selects which tokens past the maximum age may be deleted. */
export interface AgedScope {
  readonly maxAgeMs: number
  /** Tokens that ended before this time. */
  readonly endedBefore: number
  /** Left out: of all owners. */
  readonly userId?: string | undefined
}

/**
 * Tokens that reached the maximum age before `endedBefore`, among the oldest. A token that was used or changed after that
 * time had not ended then, because the option was set later. It is retained from its last use or change on.
 */
export function agedTokens({ db, traits }: StoreDb, { maxAgeMs, endedBefore, userId }: AgedScope) {
  const before = traits.time(endedBefore)
  const oldest = db
    .selectFrom('api_tokens')
    .select(['id', 'user_id', 'created_at', 'idle_from', 'idle_day', 'last_used_at', 'updated_at'])
    .where('id', '<', traits.id(firstIdOf(endedBefore - maxAgeMs)))
    .$if(userId !== undefined, (tokens) => tokens.where('user_id', '=', userId ?? ''))
    .orderBy('id')
    .limit(MAX_READ)
  return (
    db
      // With the name of the table, for the condition on its usage.
      .selectFrom(oldest.as('api_tokens'))
      .select((eb) => [traits.idText(eb.ref('api_tokens.id')).as('text'), 'api_tokens.user_id'])
      .where('api_tokens.created_at', '<', traits.time(endedBefore - maxAgeMs))
      .where((eb) => beganBefore(eb as unknown as Tokens, before))
      .where('api_tokens.updated_at', '<', before)
  )
}

/**
 * The lowest id of a token that was issued at this time or later. A UUIDv7 begins with its creation time in 48 bits
 * (RFC 9562 §5.7), so a range of ids finds tokens by age without another index. After the clock was set back, the time in
 * an id may be a few seconds later than the issue.
 */
function firstIdOf(ms: number): string {
  const time = Math.max(0, Math.floor(ms)).toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`
}
