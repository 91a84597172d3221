/** Finds tokens whose idle warning is due, once per idle period, in bounded batches. */

import type { Expression, SqlBool } from 'kysely'
import type { TokenRecord } from '../../../token/token.ts'
import { DAY_MS, dayNumberOf } from '../../../utc-day.ts'
import type { IdlePeriods } from '../../token-store.ts'
import type { DialectTraits } from '../dialects/dialect-traits.ts'
import type { StoreDb } from '../transactions.ts'
import { changeActive } from './change-active.ts'
import { beganBefore, idleFrom } from './idle-clock.ts'
import { hasActiveOwner, ownerGeneration, type Tokens } from './owner-conditions.ts'
import { clockMoment, isLiving } from './token-status.ts'
import { tokensOfDay } from './tokens-of-day.ts'

/**
 * Stores the start of the idle period in the token's row, so that its warning is emitted once. The next use begins another
 * period.
 */
export async function storeIdleWarnings(
  storeDb: StoreDb,
  periods: IdlePeriods,
  limit: number,
): Promise<readonly TokenRecord[]> {
  const { traits } = storeDb
  const condition = (eb: Tokens) => isWarningDue(eb, periods, traits)
  const ids: string[] = []
  for (let day = dayNumberOf(periods.since); day * DAY_MS < periods.before; day += 1) {
    const search = { day, condition, limit: limit - ids.length }
    // An idle period can begin on this day only as long as the day is recent: a late use clears the stored warning.
    const isRecent = day >= dayNumberOf(periods.now) - 1
    ids.push(...(await tokensOfDay(storeDb, isRecent ? search : { ...search, warnedBefore: day * DAY_MS })))
    if (ids.length >= limit) break
  }
  return changeActive(storeDb, ids, {
    condition,
    values: (eb) => ({ idle_warning_from: idleFrom(eb, traits) }),
  })
}

/** Of an active owner, in an idle period of the range, and without a warning for this period. */
function isWarningDue(eb: Tokens, periods: IdlePeriods, traits: DialectTraits): Expression<SqlBool> {
  const { time } = traits
  return eb.and([
    eb.not(beganBefore(eb, time(periods.since))),
    beganBefore(eb, time(periods.before)),
    eb.or([
      eb('api_tokens.idle_warning_from', 'is', null),
      eb('api_tokens.idle_warning_from', '<>', idleFrom(eb, traits)),
    ]),
    isLiving(eb, clockMoment(traits, periods)),
    eb('api_tokens.generation', '=', ownerGeneration(eb)),
    hasActiveOwner(eb),
  ])
}
