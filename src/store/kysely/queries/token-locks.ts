/** Locks tokens by their ids until the end of the transaction, always in the order of the ids. */

import type { Expression, SqlBool } from 'kysely'
import type { WhenLocked } from '../dialects/dialect-traits.ts'
import { idFromText } from '../tables/stored-id.ts'
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
