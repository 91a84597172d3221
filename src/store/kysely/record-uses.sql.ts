/** Adds a batch of uses in one transaction: counters add up, times move forward, and no status changes but `idle`. */

import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Expression, sql } from 'kysely'
import type { StoredStatus } from '../../token/token.ts'
import type { RecordUseRules, TokenUse } from '../token-store.ts'
import { atomically, type Connection } from './connection.ts'
import { addDailyUses } from './daily-uses.sql.ts'
import type { Instant } from './instant.ts'

export async function addUses(
  connection: Connection,
  uses: readonly TokenUse[],
  rules: RecordUseRules,
): Promise<void> {
  await atomically(connection, async (transaction) => {
    // The tokens first: their rows stay locked, so that none goes, and none is counted by another, in between.
    await updateTokens(transaction, uses, rules)
    // What runs in this thread holds up all requests: warm ones come in between, others wait for the transaction.
    if (transaction.traits.writers === 'one') await nextTurn()
    await addDailyUses(transaction, uses, rules.day)
  })
}

async function updateTokens(
  connection: Connection,
  uses: readonly TokenUse[],
  { now, idleTimeoutMs }: RecordUseRules,
): Promise<void> {
  const { time } = connection.traits
  await connection.traits
    .updateWithUses(connection, uses)
    .set((eb) => {
      // Forward only: a use that is flushed late moves nothing back.
      const latest = (known: Expression<Instant>) =>
        eb.case().when(known, '<', eb.ref('used.used_at')).then(eb.ref('used.used_at')).else(known).end()
      const counted = {
        use_count: eb('api_tokens.use_count', '+', eb.ref('used.uses')),
        last_used_at: latest(eb.fn.coalesce('api_tokens.last_used_at', time(0))),
        idle_from: latest(eb.ref('api_tokens.idle_from')),
      }
      if (idleTimeoutMs === null) return counted
      // The sweeper called a token idle that had been used elsewhere: its use says that it was not. MySQL reads what
      // it has just written, so that both columns must come out right whichever is written first: an active token
      // has no reason, one that is switched off has.
      const lasting = eb('used.used_at', '>=', time(now - idleTimeoutMs))
      const isOrWasIdle = eb.or([
        eb('api_tokens.status_reason', '=', 'idle'),
        eb('api_tokens.status_reason', 'is', null),
      ])
      const wakes = eb.and([eb('api_tokens.status', '=', 'inactive'), isOrWasIdle, lasting])
      const awake = eb.or([eb('api_tokens.status', '=', 'active'), wakes])
      return {
        ...counted,
        status: eb
          .case()
          .when(wakes)
          .then(sql.lit<StoredStatus>('active'))
          .else(eb.ref('api_tokens.status'))
          .end(),
        status_reason: eb.case().when(awake).then(null).else(eb.ref('api_tokens.status_reason')).end(),
      }
    })
    .whereRef('api_tokens.id', '=', 'used.id')
    .execute()
}
