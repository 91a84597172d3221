/** The newest time in the tables, for a store without a clock of its own. Each is read at the end of an index. */

import { timeOfTokenId } from '../../../token/claims.ts'
import type { StoreDb } from '../transactions.ts'

/** In milliseconds since the epoch: the latest of issued, used and changed; `null` without a token. */
export async function selectNewestStamp({ db, traits }: StoreDb): Promise<number | null> {
  const issued = await db
    .selectFrom('api_tokens')
    .select('id')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (issued === undefined) return null
  const used = await db
    .selectFrom('api_tokens')
    .select((eb) => traits.millis(eb.ref('idle_from')).as('at'))
    .where('status', '=', 'active')
    .orderBy('api_tokens.idle_from', 'desc')
    .limit(1)
    .executeTakeFirst()
  const changed = await Promise.all(
    (['api_tokens', 'api_token_owners'] as const).map((table) =>
      db
        .selectFrom(table)
        .select('changed_at as at')
        .where('changed_at', 'is not', null)
        .orderBy('changed_at', 'desc')
        .limit(1)
        .executeTakeFirst(),
    ),
  )
  const stamps = [used, ...changed].map((row) => Number(row?.at ?? 0))
  return Math.max(timeOfTokenId(issued.id), ...stamps)
}
