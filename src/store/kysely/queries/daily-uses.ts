/** Adds, reads and prunes the usage by day. */

import { sql } from 'kysely'
import { DAY_MS, dayNumberOf } from '../../../utc-day.ts'
import type { DailyUses, RecordUseRules, TokenUse, UsageDays } from '../../token-store.ts'
import { idFromText } from '../tables/stored-id.ts'
import { atomically, reading, type StoreDb, withRetries } from '../transactions.ts'
import { carriedUsage } from './carry-usage.ts'
import { lockTokens } from './token-locks.ts'

/**
 * Adds a batch of uses to the rows of one day. The uses are ordered by id, so that concurrent flushes lock the rows in one order
 * and do not deadlock.
 */
export async function addDailyUses(
  { db, traits }: StoreDb,
  uses: readonly TokenUse[],
  { dayStart, storesClients = false }: RecordUseRules,
): Promise<void> {
  const day = dayNumberOf(dayStart)
  const counted = db
    .insertInto('api_token_usage')
    .columns([
      'day',
      'token_id',
      'requests',
      'last_used_at',
      'scopes_used',
      'last_used_ip',
      'last_used_user_agent',
    ])
    .expression((eb) =>
      eb
        .selectFrom(traits.usesTable(uses))
        .select([
          sql.lit(day).as('day'),
          'used.id',
          'used.uses',
          'used.used_at',
          'used.asked',
          ...(storesClients
            ? (['used.ip', 'used.user_agent'] as const)
            : [sql<null>`null`.as('ip'), sql<null>`null`.as('user_agent')]),
        ])
        // Otherwise SQLite would read ON CONFLICT as the condition of a join.
        .where(sql<boolean>`1 = 1`),
    )
  await traits
    .onConflictUpdate(counted, 'api_token_usage', ['day', 'token_id'], (stored, added) => {
      const isLatest = sql<boolean>`${added('last_used_ip')} is not null and ${added('last_used_at')} >= ${stored('last_used_at')}`
      const latest = (column: 'last_used_ip' | 'last_used_user_agent') =>
        storesClients
          ? sql<string | null>`case when ${isLatest} then ${added(column)} else ${stored(column)} end`
          : null
      return {
        // Before `last_used_at`: MySQL assigns from left to right.
        last_used_ip: latest('last_used_ip'),
        last_used_user_agent: latest('last_used_user_agent'),
        requests: sql<number>`${stored('requests')} + ${added('requests')}`,
        scopes_used: sql<number>`${stored('scopes_used')} | ${added('scopes_used')}`,
        last_used_at: traits.later(stored('last_used_at'), added('last_used_at')),
      }
    })
    .execute()
}

/** The days with use, in order. Each is read by primary key. */
export async function selectDailyUses(
  { db, traits }: StoreDb,
  tokenId: string,
  { since, before }: UsageDays,
): Promise<readonly DailyUses[]> {
  const first = Math.ceil(since / DAY_MS)
  const count = Math.max(0, Math.ceil(before / DAY_MS) - first)
  if (count === 0) return []
  const days = Array.from({ length: count }, (_, n) => first + n)
  const rows = await db
    .selectFrom('api_token_usage')
    .select(['day', 'requests'])
    .where('day', 'in', days)
    .where('token_id', '=', traits.id(tokenId))
    .orderBy('api_token_usage.day')
    .execute()
  return rows.map(({ day, requests }) => ({ dayStart: Number(day) * DAY_MS, requests: Number(requests) }))
}

/** Deletes at most `limit` rows of days before `before`, day by day. */
export async function deleteDailyUses(storeDb: StoreDb, before: number, limit: number): Promise<number> {
  const old = await reading(storeDb, (attempt) => selectOldDays(attempt, before, limit))
  let deleted = 0
  for (const [day, rows] of Map.groupBy(old, (row) => Number(row.day))) {
    const tokenIds = rows.map(({ text }) => idFromText(text))
    deleted += await withRetries(storeDb, (attempt) => deleteDay(attempt, day, tokenIds))
  }
  return deleted
}

/** A day before `before` has ended by then, or begins before it. */
async function selectOldDays({ db, traits }: StoreDb, before: number, limit: number) {
  return db
    .selectFrom('api_token_usage')
    .select((eb) => ['day', traits.idText(eb.ref('token_id')).as('text')])
    .where('day', '<', Math.ceil(before / DAY_MS))
    .orderBy('api_token_usage.day')
    .orderBy('api_token_usage.token_id')
    .limit(limit)
    .execute()
}

/** The sum of a token needs the row of its `idle_day`: it is carried over before it is deleted. */
async function deleteDay(storeDb: StoreDb, day: number, tokenIds: readonly string[]): Promise<number> {
  return atomically(storeDb, async (transaction) => {
    const { db, traits } = transaction
    const needed = await lockTokens(transaction, tokenIds, (eb) => eb('api_tokens.idle_day', '=', day))
    if (needed.length > 0) {
      await db
        .updateTable('api_tokens')
        .set((eb) => carriedUsage(eb, traits))
        .where('id', 'in', needed.map(traits.id))
        .execute()
    }
    const { numDeletedRows } = await db
      .deleteFrom('api_token_usage')
      .where('day', '=', day)
      .where('token_id', 'in', tokenIds.map(traits.id))
      .executeTakeFirstOrThrow()
    return Number(numDeletedRows)
  })
}
