/** The status of `token/status.ts` as SQL conditions. */

import type { Expression, ExpressionBuilder, SqlBool } from 'kysely'
import type { TokenStatus } from '../../../token/status.ts'
import type { MaxAgeMs } from '../../token-store.ts'
import type { DialectTraits } from '../dialects/dialect-traits.ts'
import type { ApiTokenDatabase } from '../tables/database.ts'
import type { Instant } from '../tables/instant.ts'
import { beganBefore } from './idle-clock.ts'
import { agedBy, isYoung } from './maximum-age.ts'

type Tokens = ExpressionBuilder<ApiTokenDatabase, 'api_tokens'>

/** Not revoked, not expired, and not past its grace. The caller also compares the generation, for removed owners. */
export function isLiving(eb: Tokens, { now, aged }: ClockMoment): Expression<SqlBool> {
  return eb.and([
    eb('api_tokens.status', '<>', 'revoked'),
    eb.or([eb('api_tokens.expires_at', 'is', null), eb('api_tokens.expires_at', '>', now)]),
    ...isYoung(eb, aged),
    hasNoEndedGrace(eb, now),
  ])
}

/** A time, and the latest issue time of tokens that have reached the maximum age by then. */
export interface ClockMoment {
  readonly now: Expression<Instant>
  readonly aged: Expression<Instant> | null
}

/** The same as values of the database. */
export function clockMoment(
  traits: DialectTraits,
  { now, maxAgeMs }: { readonly now: number; readonly maxAgeMs?: MaxAgeMs },
): ClockMoment {
  return { now: traits.time(now), aged: agedBy(traits, now, maxAgeMs) }
}

function hasNoEndedGrace(eb: Tokens, now: Expression<Instant>): Expression<SqlBool> {
  return eb.or([eb('api_tokens.grace_ends_at', 'is', null), eb('api_tokens.grace_ends_at', '>', now)])
}

export interface StatusMoment extends ClockMoment {
  readonly idleBefore: Expression<Instant> | null
  /** The owner's generation. Tokens of earlier generations are revoked. */
  readonly generation: number
}

/** The token has this status at that time. */
export function hasStatus(eb: Tokens, status: TokenStatus, moment: StatusMoment): Expression<SqlBool> {
  const { now, aged, idleBefore, generation } = moment
  const removed = eb('api_tokens.generation', '<', generation)
  const living = eb.and([eb.not(removed), isLiving(eb, moment)])
  const isInactive = eb.or([
    eb('api_tokens.status', '=', 'inactive'),
    ...(idleBefore === null ? [] : [beganBefore(eb, idleBefore)]),
  ])
  switch (status) {
    case 'active':
      return eb.and([living, eb.not(isInactive)])
    case 'inactive':
      return eb.and([living, isInactive])
    case 'revoked':
      return eb.or([eb('api_tokens.status', '=', 'revoked'), removed, eb.not(hasNoEndedGrace(eb, now))])
    case 'expired':
      return eb.and([
        eb.not(removed),
        eb('api_tokens.status', '<>', 'revoked'),
        eb.or([
          eb('api_tokens.expires_at', '<=', now),
          ...(aged === null ? [] : [eb('api_tokens.created_at', '<=', aged)]),
        ]),
        hasNoEndedGrace(eb, now),
      ])
    default:
      return status satisfies never
  }
}
