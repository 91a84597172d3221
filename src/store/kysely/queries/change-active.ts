/** Changes active tokens in slices, for the sweep. */

import type { Expression, SqlBool, UpdateObject } from 'kysely'
import type { TokenRecord } from '../../../token/token.ts'
import { betweenSlices, inSlices } from '../slices.ts'
import type { ApiTokenDatabase } from '../tables/database.ts'
import { atomically, type StoreDb, withRetries } from '../transactions.ts'
import type { Tokens } from './owner-conditions.ts'
import { lockActive } from './token-locks.ts'

const SLICE = 100

export interface ActiveChange {
  readonly condition: (eb: Tokens) => Expression<SqlBool>
  readonly values: (eb: Tokens) => UpdateObject<ApiTokenDatabase, 'api_tokens'>
}

/** Changes those of the tokens that are active and meet the condition. Returns them as they were before. */
export async function changeActive(
  storeDb: StoreDb,
  ids: readonly string[],
  { condition, values }: ActiveChange,
): Promise<readonly TokenRecord[]> {
  if (ids.length === 0) return []
  const work = async (transaction: StoreDb) => {
    const { db, traits } = transaction
    const tokens = await lockActive(transaction, ids, condition)
    await betweenSlices({ traits })
    await inSlices({ traits }, tokens, SLICE, async (some) => {
      const tokenIds = some.map(({ id }) => traits.id(id))
      await db.updateTable('api_tokens').set(values).where('id', 'in', tokenIds).execute()
    })
    return tokens
  }
  return withRetries(storeDb, (attempt) => atomically(attempt, work))
}
