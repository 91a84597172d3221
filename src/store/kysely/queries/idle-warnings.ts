/** Finds tokens whose idle warning is due, once per idle period, in bounded batches. */

import type { Expression, SqlBool } from 'kysely'
import type { TokenRecord } from '../../../token/token.ts'
import type { IdlePeriods } from '../../token-store.ts'
import type { DialectTraits } from '../dialects/dialect-traits.ts'
import { betweenSlices, inSlices } from '../slices.ts'
import { type ApiTokenRow, tokenColumns, tokenFromRow } from '../tables/token-row.ts'
import { atomically, type StoreDb } from '../transactions.ts'
import { hasActiveOwner, ownerGeneration, type Tokens } from './owner-conditions.ts'
import { clockMoment, isLiving } from './token-status.ts'

const SLICE = 100

/**
 * Stores the start of the idle period in the token's row, so that its warning is emitted once. The next use begins another
 * period. Locked rows are skipped: they are being used, ended, or handled by another sweeper.
 */
export async function storeIdleWarnings(
  storeDb: StoreDb,
  periods: IdlePeriods,
  limit: number,
): Promise<readonly TokenRecord[]> {
  return atomically(storeDb, async ({ db, traits }) => {
    const soonIdle = db
      .selectFrom('api_tokens')
      .select(tokenColumns(traits))
      .where((eb) => isWarningDue(eb, periods, traits))
      .orderBy('api_tokens.idle_from')
      .limit(limit)
      .$castTo<ApiTokenRow>()
    const tokens = (await traits.locked(soonIdle, 'skip').execute()).map(tokenFromRow)
    if (tokens.length === 0) return []
    await betweenSlices({ traits })
    await inSlices({ traits }, tokens, SLICE, async (some) => {
      await db
        .updateTable('api_tokens')
        .set((eb) => ({ idle_warning_from: eb.ref('api_tokens.idle_from') }))
        .where(
          'id',
          'in',
          some.map(({ id }) => id),
        )
        .execute()
    })
    return tokens
  })
}

/** Active, of an active owner, in an idle period of the range, and without a warning for this period. */
function isWarningDue(eb: Tokens, periods: IdlePeriods, traits: DialectTraits): Expression<SqlBool> {
  const { time } = traits
  return eb.and([
    eb('api_tokens.status', '=', 'active'),
    eb('api_tokens.idle_from', '>=', time(periods.since)),
    eb('api_tokens.idle_from', '<', time(periods.before)),
    eb.or([
      eb('api_tokens.idle_warning_from', 'is', null),
      eb('api_tokens.idle_warning_from', '<>', eb.ref('api_tokens.idle_from')),
    ]),
    isLiving(eb, clockMoment(traits, periods)),
    eb('api_tokens.generation', '=', ownerGeneration(eb)),
    hasActiveOwner(eb),
  ])
}
