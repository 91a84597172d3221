/** Adds a batch of uses in one statement: counters add up, times move forward, and no status changes but `idle`. */

import { type Expression, type Kysely, sql } from 'kysely'
import type { StoredStatus } from '../../token/token.ts'
import type { RecordUseRules, TokenUse } from '../token-store.ts'
import type { ApiTokenDatabase } from './database.ts'
import type { DialectTraits } from './dialect-traits.ts'

export async function addUses(
  db: Kysely<ApiTokenDatabase>,
  traits: DialectTraits,
  uses: readonly TokenUse[],
  { now, idleTimeoutMs }: RecordUseRules,
): Promise<void> {
  await db
    .updateTable('api_tokens')
    .from(traits.usesTable(uses))
    .set((eb) => {
      // Forward only: a use that is flushed late moves nothing back.
      const latest = (known: Expression<number>) =>
        eb.case().when(known, '<', eb.ref('used.used_at')).then(eb.ref('used.used_at')).else(known).end()
      // The sweeper called a token idle that had been used elsewhere: its use says that it was not.
      const wakes = eb.and([
        eb('api_tokens.status', '=', 'inactive'),
        eb('api_tokens.status_reason', '=', 'idle'),
        eb('used.used_at', '>=', idleTimeoutMs === null ? Infinity : now - idleTimeoutMs),
      ])
      return {
        use_count: eb('api_tokens.use_count', '+', eb.ref('used.uses')),
        last_used_at: latest(eb.fn.coalesce('api_tokens.last_used_at', sql.lit(0))),
        idle_from: latest(eb.ref('api_tokens.idle_from')),
        ...(idleTimeoutMs === null
          ? {}
          : {
              status: eb
                .case()
                .when(wakes)
                .then(sql.lit<StoredStatus>('active'))
                .else(eb.ref('api_tokens.status'))
                .end(),
              status_reason: eb.case().when(wakes).then(null).else(eb.ref('api_tokens.status_reason')).end(),
            }),
      }
    })
    .whereRef('api_tokens.id', '=', 'used.id')
    .execute()
}
