/** The newest time in the tables, for a store without a clock of its own. Each is read at the end of an index. */

import { timeOfTokenId } from '../../../token/claims.ts'
import { idFromText } from '../tables/stored-id.ts'
import type { StoreDb } from '../transactions.ts'

const READ_ROWS = 100

/** In milliseconds since the epoch: the latest of issued, used and changed; `null` without a token. */
export async function selectNewestStamp({ db, traits }: StoreDb): Promise<number | null> {
  const issued = await db
    .selectFrom('api_tokens')
    .select((eb) => traits.idText(eb.ref('id')).as('text'))
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (issued === undefined) return null
  const used = await latestUse({ db, traits })
  const started = await latestStart({ db, traits })
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
  const stamps = changed.map((row) => Number(row?.at ?? 0))
  return Math.max(timeOfTokenId(idFromText(issued.text)), used, started, ...stamps)
}

/** The latest of some issues and enablings on the last day with any. */
async function latestStart({ db, traits }: Pick<StoreDb, 'db' | 'traits'>): Promise<number> {
  const rows = await db
    .selectFrom('api_tokens')
    .select((eb) => traits.millis(eb.ref('idle_from')).as('at'))
    .where('status', '=', 'active')
    .orderBy('api_tokens.idle_day', 'desc')
    .limit(READ_ROWS)
    .execute()
  return rows.reduce((latest, { at }) => Math.max(latest, Number(at)), 0)
}

/**
 * The latest of some uses on the last day with use: a whole day may have very many rows. A clock that is behind by a day or
 * more is certainly found.
 */
async function latestUse({ db, traits }: Pick<StoreDb, 'db' | 'traits'>): Promise<number> {
  const last = await db
    .selectFrom('api_token_usage')
    .select('day')
    .orderBy('api_token_usage.day', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (last === undefined) return 0
  const rows = await db
    .selectFrom('api_token_usage')
    .select((eb) => traits.millis(eb.ref('last_used_at')).as('at'))
    .where('day', '=', last.day)
    .orderBy('api_token_usage.token_id', 'desc')
    .limit(READ_ROWS)
    .execute()
  return rows.reduce((latest, { at }) => Math.max(latest, Number(at)), 0)
}
