/** Locks tokens by their ids until the end of the transaction, always in the order of the ids. */

import type { Expression, SqlBool } from 'kysely'
import type { TokenRecord } from '../../../token/token.ts'
import type { WhenLocked } from '../dialects/dialect-traits.ts'
import { idFromText } from '../tables/stored-id.ts'
import { type ApiTokenRow, tokenColumns, tokenFromRow } from '../tables/token-row.ts'
import type { StoreDb } from '../transactions.ts'
import type { Tokens } from './owner-conditions.ts'

/** The ids of the tokens that exist and that meet the condition. */
export async function lockTokens(
  { db, traits }: StoreDb,
  ids: readonly string[],
  condition: (eb: Tokens) => Expression<SqlBool>,
  whenLocked?: WhenLocked,
): Promise<readonly string[]> {
  const query = db
    .selectFrom('api_tokens')
    .select((eb) => traits.idText(eb.ref('api_tokens.id')).as('text'))
    .where('id', 'in', ids.map(traits.id))
    .where((eb) => condition(eb))
    .orderBy('api_tokens.id')
  const rows = await traits.locked(query, whenLocked).execute()
  return rows.map(({ text }) => idFromText(text))
}

/**
 * Locks the active ones of these tokens, and returns those that then meet the condition. Locked rows are skipped: they are
 * being used, ended, or handled by another sweeper. The condition reads usage rows, so it is evaluated in a statement after
 * the lock.
 */
export async function lockActive(
  transaction: StoreDb,
  ids: readonly string[],
  condition: (eb: Tokens) => Expression<SqlBool>,
): Promise<readonly TokenRecord[]> {
  const locked = await lockTokens(transaction, ids, (eb) => eb.lit(true), 'skip')
  if (locked.length === 0) return []
  const { db, traits } = transaction
  const rows = await db
    .selectFrom('api_tokens')
    .select(tokenColumns(traits))
    .where('id', 'in', locked.map(traits.id))
    .where(condition)
    .$castTo<ApiTokenRow>()
    .execute()
  // Not in SQL: SQLite would then read all active tokens from the index of the sweep.
  return rows.map(tokenFromRow).filter(({ status }) => status === 'active')
}
