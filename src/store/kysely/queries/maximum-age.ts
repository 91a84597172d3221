/** Finds tokens that have reached the maximum age, as conditions on rows. */

import type { Expression, ExpressionBuilder, SqlBool } from 'kysely'
import { MAX_READ } from '../../ended-bounds.ts'
import type { MaxAgeMs } from '../../token-store.ts'
import type { DialectTraits, StoreDb } from '../dialects/dialect-traits.ts'
import type { ApiTokenDatabase } from '../tables/database.ts'
import type { Instant } from '../tables/instant.ts'

type Tokens = ExpressionBuilder<ApiTokenDatabase, 'api_tokens'>

/** A token issued at this moment or earlier has reached the maximum age at `now`; `null` without one. */
export function agedBy(traits: DialectTraits, now: number, maxAgeMs: MaxAgeMs): Expression<Instant> | null {
  return maxAgeMs === null || maxAgeMs === undefined ? null : traits.time(now - maxAgeMs)
}

/** That a token has not reached the maximum age: nothing to ask without one. */
export function isYoung(eb: Tokens, aged: Expression<Instant> | null): readonly Expression<SqlBool>[] {
  return aged === null ? [] : [eb('api_tokens.created_at', '>', aged)]
}

/** Which tokens of the maximum age may be deleted. */
export interface AgedScope {
  readonly maxAgeMs: number
  /** Those that ended earlier than this. */
  readonly endedBefore: number
  /** Left out: of all owners. */
  readonly userId?: string | undefined
}

/**
 * Tokens that reached the maximum age before that, among the oldest ones. One that was used or changed since did not end
 * then, because the option was set later: it stays as long as one that ended at that use or change.
 */
export function agedTokens({ db, traits }: StoreDb, { maxAgeMs, endedBefore, userId }: AgedScope) {
  const before = traits.time(endedBefore)
  const oldest = db
    .selectFrom('api_tokens')
    .select(['id', 'user_id', 'created_at', 'idle_from', 'updated_at'])
    .where('id', '<', firstIdOf(endedBefore - maxAgeMs))
    .$if(userId !== undefined, (tokens) => tokens.where('user_id', '=', userId ?? ''))
    .orderBy('id')
    .limit(MAX_READ)
  return db
    .selectFrom(oldest.as('oldest'))
    .select(['oldest.id', 'oldest.user_id'])
    .where('oldest.created_at', '<', traits.time(endedBefore - maxAgeMs))
    .where('oldest.idle_from', '<', before)
    .where('oldest.updated_at', '<', before)
}

/**
 * The lowest id of a token that was issued at this moment or later. An id begins with the time of its making in 48 bits
 * (RFC 9562 §5.7), which is that of the issue or, after the clock went back, a few seconds later. A range of ids
 * therefore finds tokens by age without an index of its own.
 */
function firstIdOf(ms: number): string {
  const time = Math.max(0, Math.floor(ms)).toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`
}
