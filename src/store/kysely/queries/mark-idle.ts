/** Marks idle tokens in bounded batches. */

import type { Expression, SqlBool } from 'kysely'
import type { TokenRecord } from '../../../token/token.ts'
import { dayNumberOf } from '../../../utc-day.ts'
import type { DialectTraits } from '../dialects/dialect-traits.ts'
import { betweenSlices, inSlices } from '../slices.ts'
import { idFromText } from '../tables/stored-id.ts'
import { atomically, reading, type StoreDb, withRetries } from '../transactions.ts'
import { beganBefore } from './idle-clock.ts'
import type { Tokens } from './owner-conditions.ts'
import { lockActive } from './token-locks.ts'
import { tokensOfDay } from './tokens-of-day.ts'

const SLICE = 100

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
  const ids = [...certain, ...others]
  if (ids.length === 0) return []
  return withRetries(storeDb, (attempt) =>
    markTokens(attempt, ids, (eb) => isIdle(eb, traits, { idleBefore, day })),
  )
}

/** The longest idle first. */
async function tokensBeforeDay({ db, traits }: StoreDb, day: number, limit: number) {
  const rows = await db
    .selectFrom('api_tokens')
    .select((eb) => traits.idText(eb.ref('api_tokens.id')).as('text'))
    .where('status', '=', 'active')
    .where('idle_day', '<', day)
    .orderBy('idle_day')
    .limit(limit)
    .execute()
  return rows.map(({ text }) => idFromText(text))
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

async function markTokens(
  storeDb: StoreDb,
  ids: readonly string[],
  condition: (eb: Tokens) => Expression<SqlBool>,
): Promise<readonly TokenRecord[]> {
  return atomically(storeDb, async (transaction) => {
    const { db, traits } = transaction
    const tokens = await lockActive(transaction, ids, condition)
    await betweenSlices({ traits })
    await inSlices({ traits }, tokens, SLICE, async (some) => {
      await db
        .updateTable('api_tokens')
        .set({ status: 'inactive', status_reason: 'idle' })
        .where(
          'id',
          'in',
          some.map(({ id }) => traits.id(id)),
        )
        .execute()
    })
    return tokens.map((token) => ({ ...token, status: 'inactive', statusReason: 'idle' }))
  })
}
