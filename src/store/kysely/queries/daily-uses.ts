/** Adds, reads and prunes the usage by day. */

import type { DailyUses, TokenUse } from '../../token-store.ts'
import { atomically, reading, type StoreDb, withRetries } from '../transactions.ts'

/** Adds a batch of uses to one day. Uses of deleted tokens are skipped. */
export async function addDailyUses(
  { db, traits }: StoreDb,
  uses: readonly TokenUse[],
  dayStart: number,
): Promise<void> {
  const counted = db
    .insertInto('api_token_usage')
    .columns(['token_id', 'day', 'requests'])
    .expression((eb) =>
      eb
        .selectFrom(traits.usesTable(uses))
        .select(['used.id', traits.time(dayStart).as('day'), 'used.uses'])
        .where((use) =>
          use.exists(
            use.selectFrom('api_tokens').select('api_tokens.id').whereRef('api_tokens.id', '=', 'used.id'),
          ),
        ),
    )
  await traits.onConflictAdd(counted, 'api_token_usage', ['token_id', 'day'], 'requests').execute()
}

/** The days with use from `since` on, in order. */
export async function selectDailyUses(
  { db, traits }: StoreDb,
  tokenId: string,
  since: number,
): Promise<readonly DailyUses[]> {
  const rows = await db
    .selectFrom('api_token_usage')
    .select((eb) => [traits.millis(eb.ref('day')).as('from'), 'requests'])
    .where('token_id', '=', tokenId)
    .where('day', '>=', traits.time(since))
    .orderBy('api_token_usage.day')
    .execute()
  return rows.map(({ from, requests }) => ({ dayStart: Number(from), requests: Number(requests) }))
}

/** Deletes at most `limit` counts of days before `before`, day by day. */
export async function deleteDailyUses(storeDb: StoreDb, before: number, limit: number): Promise<number> {
  const old = await reading(storeDb, (attempt) => selectOldDays(attempt, before, limit))
  let deleted = 0
  for (const [dayStart, rows] of Map.groupBy(old, ({ from }) => Number(from))) {
    const tokenIds = rows.map((row) => row.token_id).sort()
    deleted += await withRetries(storeDb, (attempt) => deleteDay(attempt, dayStart, tokenIds))
  }
  return deleted
}

async function selectOldDays({ db, traits }: StoreDb, before: number, limit: number) {
  return db
    .selectFrom('api_token_usage')
    .select((eb) => ['token_id', traits.millis(eb.ref('day')).as('from')])
    .where('day', '<', traits.time(before))
    .orderBy('api_token_usage.day')
    .limit(limit)
    .execute()
}

async function deleteDay(storeDb: StoreDb, dayStart: number, tokenIds: readonly string[]): Promise<number> {
  return atomically(storeDb, async ({ db, traits }) => {
    const { numDeletedRows } = await db
      .deleteFrom('api_token_usage')
      .where('day', '=', traits.time(dayStart))
      .where('token_id', 'in', tokenIds)
      .executeTakeFirstOrThrow()
    return Number(numDeletedRows)
  })
}
