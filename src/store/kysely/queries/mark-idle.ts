/** Marks idle tokens in bounded batches. */

import type { TokenRecord } from '../../../token/token.ts'
import { betweenSlices, inSlices } from '../slices.ts'
import { type ApiTokenRow, tokenColumns, tokenFromRow } from '../tables/token-row.ts'
import { atomically, type StoreDb } from '../transactions.ts'

const SLICE = 100

/**
 * Marks at most `limit` active tokens whose idle clock began before `idleBefore`, the longest idle first. The rows are
 * locked before they are evaluated. Locked rows are skipped: they are being used, ended, or handled by another sweeper.
 */
export async function updateIdle(
  storeDb: StoreDb,
  idleBefore: number,
  limit: number,
): Promise<readonly TokenRecord[]> {
  return atomically(storeDb, async ({ db, traits }) => {
    const idle = db
      .selectFrom('api_tokens')
      .select(tokenColumns(traits))
      .where('status', '=', 'active')
      .where('idle_from', '<', traits.time(idleBefore))
      .orderBy('api_tokens.idle_from')
      .limit(limit)
      .$castTo<ApiTokenRow>()
    const tokens = (await traits.locked(idle, 'skip').execute()).map(tokenFromRow)
    if (tokens.length === 0) return []
    await betweenSlices({ traits })
    await inSlices({ traits }, tokens, SLICE, async (some) => {
      await db
        .updateTable('api_tokens')
        .set({ status: 'inactive', status_reason: 'idle' })
        .where(
          'id',
          'in',
          some.map(({ id }) => id),
        )
        .execute()
    })
    return tokens.map((token) => ({ ...token, status: 'inactive', statusReason: 'idle' }))
  })
}
