/** Marks idle tokens in bounded batches. */

import type { Expression, SqlBool } from 'kysely'
import type { TokenRecord } from '../../../token/token.ts'
import { dayNumberOf } from '../../../utc-day.ts'
import type { DialectTraits } from '../dialects/dialect-traits.ts'
import { reading, type StoreDb } from '../transactions.ts'
import { changeActive } from './change-active.ts'
import { beganBefore } from './idle-clock.ts'
import type { Tokens } from './owner-conditions.ts'
import { idsOf, tokensOfDay } from './tokens-of-day.ts'

/**
 * Marks at most `limit` active tokens whose idle timeout began before `idleBefore`. Tokens of an earlier day than
 * `idleBefore` are idle for certain. Tokens of the same day are decided by their usage row.
 */
export async function updateIdle(
  storeDb: StoreDb,
  idleBefore: number,
  limit: number,
): Promise<readonly TokenRecord[]> {
  const { traits } = storeDb
  const day = dayNumberOf(idleBefore)
  const certain = await reading(storeDb, (attempt) => tokensBeforeDay(attempt, day, limit))
  const condition = (eb: Tokens) => beganBefore(eb, traits.time(idleBefore))
  const rest = limit - certain.length
  const others = rest > 0 ? await tokensOfDay(storeDb, { day, condition, limit: rest }) : []
  const marked = { status: 'inactive', statusReason: 'idle' } as const
  const tokens = await changeActive(storeDb, [...certain, ...others], {
    condition: (eb) => isIdle(eb, traits, { idleBefore, day }),
    values: () => ({ status: marked.status, status_reason: marked.statusReason }),
  })
  return tokens.map((token) => ({ ...token, ...marked }))
}

/** The longest idle first. */
async function tokensBeforeDay(storeDb: StoreDb, day: number, limit: number) {
  return idsOf(
    storeDb,
    storeDb.db
      .selectFrom('api_tokens')
      .where('status', '=', 'active')
      .where('idle_day', '<', day)
      .orderBy('idle_day')
      .limit(limit),
  )
}

function isIdle(
  eb: Tokens,
  traits: DialectTraits,
  { idleBefore, day }: { readonly idleBefore: number; readonly day: number },
): Expression<SqlBool> {
  return eb.or([
    eb('api_tokens.idle_day', '<', day),
    eb.and([eb('api_tokens.idle_day', '=', day), beganBefore(eb, traits.time(idleBefore))]),
  ])
}
