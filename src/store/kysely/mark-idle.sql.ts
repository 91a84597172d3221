/** Marks idle tokens in bounded batches, judged again by the statement that writes. */

import type { Kysely } from 'kysely'
import type { TokenRecord } from '../../token/token.ts'
import { API_TOKEN_COLUMNS, tokenFromRow } from './api-token.table.ts'
import type { ApiTokenDatabase } from './database.ts'

/** Marks at most `limit` active tokens whose idle clock began before `idleBefore`, the longest idle first. */
export async function updateIdle(
  db: Kysely<ApiTokenDatabase>,
  idleBefore: number,
  limit: number,
): Promise<readonly TokenRecord[]> {
  const rows = await db
    .updateTable('api_tokens')
    .set({ status: 'inactive', status_reason: 'idle' })
    .where('status', '=', 'active')
    .where('idle_from', '<', idleBefore)
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('api_tokens')
        .select('id')
        .where('status', '=', 'active')
        .where('idle_from', '<', idleBefore)
        .orderBy('idle_from')
        .limit(limit),
    )
    .returning([...API_TOKEN_COLUMNS])
    .execute()
  return rows.map(tokenFromRow)
}
