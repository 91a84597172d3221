/**
 * Records a batch of uses in one transaction. It adds to the usage rows of the day, which lie together. The rows of the tokens
 * change at their first use of a day only, for a late batch, and to undo a wrong `idle`.
 */

import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Expression, type ExpressionBuilder, sql } from 'kysely'
import { dayNumberOf } from '../../../utc-day.ts'
import type { RecordUseRules, TokenUse } from '../../token-store.ts'
import type { UseRow } from '../dialects/dialect-traits.ts'
import type { ApiTokenDatabase } from '../tables/database.ts'
import type { Instant } from '../tables/instant.ts'
import { idFromText } from '../tables/stored-id.ts'
import { atomically, type StoreDb } from '../transactions.ts'
import { carriedUsage } from './carry-usage.ts'
import { addDailyUses } from './daily-uses.ts'
import { storeBatch } from './use-batch.ts'

const NO_CLIENT = { last_used_ip: null, last_used_user_agent: null }

export async function writeUses(
  storeDb: StoreDb,
  uses: readonly TokenUse[],
  rules: RecordUseRules,
): Promise<void> {
  const touching = uses.filter(({ touchesToken = true }) => touchesToken)
  await atomically(storeDb, async (transaction) => {
    // First, so that a repeated batch waits here for the transaction that it repeats.
    if (rules.batch !== undefined && !(await storeBatch(transaction, rules.batch))) return
    if (touching.length > 0) {
      await touchTokens(transaction, touching, rules)
      // SQLite blocks the thread. Let requests with cached tokens run in between.
      if (transaction.traits.writers === 'one') await nextTurn()
    }
    await addDailyUses(transaction, uses, rules)
  })
}

interface LockedToken {
  readonly id: string
  readonly idleDay: number
  readonly isIdle: boolean
  readonly isWarned: boolean
}

/** Changes the rows of tokens before their usage row of the day is written. */
async function touchTokens(
  storeDb: StoreDb,
  uses: readonly TokenUse[],
  rules: RecordUseRules,
): Promise<void> {
  const day = dayNumberOf(rules.dayStart)
  const { idleTimeoutMs } = rules
  const tokens = await lockUsedTokens(storeDb, uses)
  const usesOf = (condition: (token: LockedToken) => boolean) =>
    uses.filter(({ tokenId }) => {
      const token = tokens.get(tokenId)
      return token !== undefined && condition(token)
    })
  const behind = usesOf(({ idleDay }) => idleDay < day)
  if (behind.length > 0) await advanceTokens(storeDb, behind, day, rules)
  const ahead = usesOf(({ idleDay }) => idleDay > day)
  if (ahead.length > 0) await addToTokens(storeDb, ahead, rules)
  const warned = usesOf(({ isWarned, idleDay }) => isWarned && idleDay === day)
  if (warned.length > 0) await endWarnings(storeDb, warned)
  if (idleTimeoutMs === null) return
  const recent = new Set(
    uses.filter(({ lastUsedAt }) => lastUsedAt >= rules.now - idleTimeoutMs).map(({ tokenId }) => tokenId),
  )
  const wronglyIdle = usesOf(({ id, isIdle }) => isIdle && recent.has(id))
  if (wronglyIdle.length > 0) await undoIdle(storeDb, wronglyIdle)
}

/** A statement of its own: on PostgreSQL, a statement that waits for a lock reads other rows as they were before. */
async function lockUsedTokens(
  { db, traits }: StoreDb,
  uses: readonly TokenUse[],
): Promise<ReadonlyMap<string, LockedToken>> {
  const query = db
    .selectFrom([traits.usesTable(uses), 'api_tokens'])
    .select((eb) => [
      traits.idText(eb.ref('api_tokens.id')).as('text'),
      'api_tokens.idle_day',
      'api_tokens.status',
      'api_tokens.status_reason',
      sql<number>`case when ${eb.ref('api_tokens.idle_warning_from')} is null then 0 else 1 end`.as('warned'),
    ])
    .whereRef('api_tokens.id', '=', 'used.id')
    .$if(traits.writers === 'many', (rows) => rows.orderBy('api_tokens.id'))
  const rows = await traits.locked(query).execute()
  const tokens = rows.map(
    (row): LockedToken => ({
      id: idFromText(row.text),
      idleDay: Number(row.idle_day),
      isIdle: row.status === 'inactive' && row.status_reason === 'idle',
      isWarned: Number(row.warned) === 1,
    }),
  )
  return new Map(tokens.map((token) => [token.id, token]))
}

/** The first use of a later day: the earlier day becomes a part of the token's row. */
async function advanceTokens(
  storeDb: StoreDb,
  uses: readonly TokenUse[],
  day: number,
  { storesClients = false }: RecordUseRules,
): Promise<void> {
  await storeDb.traits
    .updateWithUses(storeDb, uses)
    .set((eb) => ({
      ...carriedUsage(eb, storeDb.traits),
      ...(storesClients ? {} : NO_CLIENT),
      idle_day: day,
    }))
    .whereRef('api_tokens.id', '=', 'used.id')
    .execute()
}

/** A late batch: its day is a part of the token's row already, so its uses are added there as well. */
async function addToTokens(
  storeDb: StoreDb,
  uses: readonly TokenUse[],
  { storesClients = false }: RecordUseRules,
): Promise<void> {
  const { time, later } = storeDb.traits
  await storeDb.traits
    .updateWithUses(storeDb, uses)
    .set((eb) => {
      const before = eb.fn.coalesce('api_tokens.last_used_at', time(0))
      return {
        // Before `last_used_at`, which they read: MySQL assigns from left to right.
        ...(storesClients ? latestClient(eb, before) : NO_CLIENT),
        scopes_used: sql<number>`${eb.ref('api_tokens.scopes_used')} | ${eb.ref('used.asked')}`,
        use_count: eb('api_tokens.use_count', '+', eb.ref('used.uses')),
        last_used_at: later(before, eb.ref('used.used_at')),
      }
    })
    .whereRef('api_tokens.id', '=', 'used.id')
    .execute()
}

type Uses = ExpressionBuilder<ApiTokenDatabase & { used: UseRow }, 'api_tokens' | 'used'>

/** The client of the latest use: that of the batch, unless the row has a later use or the batch has no client. */
function latestClient(eb: Uses, before: Expression<Instant>) {
  const isLatest = eb.and([eb('used.ip', 'is not', null), eb('used.used_at', '>=', before)])
  const latest = (column: 'ip' | 'user_agent', known: 'last_used_ip' | 'last_used_user_agent') =>
    eb
      .case()
      .when(isLatest)
      .then(eb.ref(`used.${column}`))
      .else(eb.ref(`api_tokens.${known}`))
      .end()
  return {
    last_used_ip: latest('ip', 'last_used_ip'),
    last_used_user_agent: latest('user_agent', 'last_used_user_agent'),
  }
}

/** A later use on the same day begins another idle period. The sweep compares idle periods of recent days only. */
async function endWarnings(storeDb: StoreDb, uses: readonly TokenUse[]): Promise<void> {
  await storeDb.traits
    .updateWithUses(storeDb, uses)
    .set({ idle_warning_from: null })
    .whereRef('api_tokens.id', '=', 'used.id')
    .whereRef('api_tokens.idle_warning_from', '<', 'used.used_at')
    .execute()
}

/** The sweep may have marked a token idle before this use was flushed. */
async function undoIdle(storeDb: StoreDb, uses: readonly TokenUse[]): Promise<void> {
  await storeDb.traits
    .updateWithUses(storeDb, uses)
    .set({ status: 'active', status_reason: null })
    .whereRef('api_tokens.id', '=', 'used.id')
    .execute()
}
