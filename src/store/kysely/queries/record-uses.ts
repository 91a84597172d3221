/** Records a batch of uses in one transaction: counters are added, times move forward, and a wrong `idle` is undone. */

import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Expression, type ExpressionBuilder, sql } from 'kysely'
import type { StoredStatus } from '../../../token/token.ts'
import type { RecordUseRules, TokenUse } from '../../token-store.ts'
import type { UseRow } from '../dialects/dialect-traits.ts'
import type { ApiTokenDatabase } from '../tables/database.ts'
import type { Instant } from '../tables/instant.ts'
import { atomically, type StoreDb } from '../transactions.ts'
import { addDailyUses } from './daily-uses.ts'
import { storeBatch } from './use-batch.ts'

type Uses = ExpressionBuilder<ApiTokenDatabase & { used: UseRow }, 'api_tokens' | 'used'>

const NO_CLIENT = { last_used_ip: null, last_used_user_agent: null }

export async function writeUses(
  storeDb: StoreDb,
  uses: readonly TokenUse[],
  rules: RecordUseRules,
): Promise<void> {
  await atomically(storeDb, async (transaction) => {
    // First, so that a repeated batch waits here for the transaction that it repeats.
    if (rules.batch !== undefined && !(await storeBatch(transaction, rules.batch))) return
    // The tokens first: their rows stay locked, so that they are not deleted in between.
    await updateTokens(transaction, uses, rules)
    // SQLite blocks the thread. Let requests with cached tokens run in between.
    if (transaction.traits.writers === 'one') await nextTurn()
    await addDailyUses(transaction, uses, rules.dayStart)
  })
}

async function updateTokens(
  storeDb: StoreDb,
  uses: readonly TokenUse[],
  { now, idleTimeoutMs, storesClients = false }: RecordUseRules,
): Promise<void> {
  const { time } = storeDb.traits
  await storeDb.traits
    .updateWithUses(storeDb, uses)
    .set((eb) => {
      // A use that is flushed late must not move a time back.
      const latest = (known: Expression<Instant>) =>
        eb.case().when(known, '<', eb.ref('used.used_at')).then(eb.ref('used.used_at')).else(known).end()
      const counted = {
        // Before `last_used_at`, which they read: MySQL assigns from left to right.
        ...(storesClients ? latestClient(eb, time(0)) : NO_CLIENT),
        scopes_used: sql<number>`${eb.ref('api_tokens.scopes_used')} | ${eb.ref('used.asked')}`,
        use_count: eb('api_tokens.use_count', '+', eb.ref('used.uses')),
        last_used_at: latest(eb.fn.coalesce('api_tokens.last_used_at', time(0))),
        idle_from: latest(eb.ref('api_tokens.idle_from')),
      }
      if (idleTimeoutMs === null) return counted
      // The sweeper may have marked a token idle before this use was flushed: the use undoes it. MySQL assigns the two
      // columns one after another, so both conditions must hold in either order.
      const isRecent = eb('used.used_at', '>=', time(now - idleTimeoutMs))
      const isOrWasIdle = eb.or([
        eb('api_tokens.status_reason', '=', 'idle'),
        eb('api_tokens.status_reason', 'is', null),
      ])
      const undoesIdle = eb.and([eb('api_tokens.status', '=', 'inactive'), isOrWasIdle, isRecent])
      const isActiveAfter = eb.or([eb('api_tokens.status', '=', 'active'), undoesIdle])
      return {
        ...counted,
        status: eb
          .case()
          .when(undoesIdle)
          .then(sql.lit<StoredStatus>('active'))
          .else(eb.ref('api_tokens.status'))
          .end(),
        status_reason: eb
          .case()
          .when(isActiveAfter)
          .then(null)
          .else(eb.ref('api_tokens.status_reason'))
          .end(),
      }
    })
    .whereRef('api_tokens.id', '=', 'used.id')
    .execute()
}

/** The client of the latest use: that of the batch, unless the row has a later use or the batch has no client. */
function latestClient(eb: Uses, never: Expression<Instant>) {
  const isLatest = eb.and([
    eb('used.ip', 'is not', null),
    eb('used.used_at', '>=', eb.fn.coalesce('api_tokens.last_used_at', never)),
  ])
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
