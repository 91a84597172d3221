/** Deletes tokens that ended long ago, in bounded batches. */

import type { SelectQueryBuilder } from 'kysely'
import type { MaxAgeMs } from '../../token-store.ts'
import type { ApiTokenDatabase } from '../tables/database.ts'
import { idFromText } from '../tables/stored-id.ts'
import { atomically, type StoreDb, withRetries } from '../transactions.ts'
import { deleteTokens } from './delete-tokens.ts'
import { agedTokens } from './maximum-age.ts'
import { forgetCounts } from './owners.ts'

type Ids = SelectQueryBuilder<ApiTokenDatabase, keyof ApiTokenDatabase, { text: string; user_id: string }>

/** Deletes at most `limit` tokens that ended before `endedBefore`. */
export async function deleteEnded(
  storeDb: StoreDb,
  endedBefore: number,
  limit: number,
  maxAgeMs: MaxAgeMs,
): Promise<number> {
  let deleted = 0
  for (const ended of [...ENDS.map(endedTokens), earlierGenerations, ...byAge(maxAgeMs)]) {
    if (deleted >= limit) return deleted
    deleted += await deleteBatch(storeDb, (transaction) =>
      ended(transaction, endedBefore).limit(limit - deleted),
    )
  }
  if (deleted < limit) await withRetries(storeDb, (attempt) => forgetRaises(attempt, endedBefore))
  return deleted
}

const ENDS = ['revoked_at', 'expires_at', 'grace_ends_at'] as const

/** Selects and deletes in two statements: MySQL cannot delete from a table that the same statement selects from. */
async function deleteBatch(storeDb: StoreDb, ended: (transaction: StoreDb) => Ids): Promise<number> {
  const work = async (transaction: StoreDb) => {
    const rows = await ended(transaction).execute()
    if (rows.length === 0) return 0
    // The owners first, in the lock order of an insert.
    await forgetCounts(transaction, [...new Set(rows.map(({ user_id }) => user_id))].sort())
    return deleteTokens(
      transaction,
      rows.map(({ text }) => idFromText(text)),
    )
  }
  return withRetries(storeDb, (attempt) => atomically(attempt, work))
}

function endedTokens(column: (typeof ENDS)[number]) {
  return ({ db, traits }: StoreDb, endedBefore: number): Ids =>
    db
      .selectFrom('api_tokens')
      .select((eb) => [traits.idText(eb.ref('api_tokens.id')).as('text'), 'api_tokens.user_id'])
      .where(column, '<', traits.time(endedBefore))
}

function byAge(maxAgeMs: MaxAgeMs) {
  if (maxAgeMs === null || maxAgeMs === undefined) return []
  return [
    (storeDb: StoreDb, endedBefore: number) =>
      // Kysely's type also contains the name of the subquery.
      agedTokens(storeDb, { maxAgeMs, endedBefore }) as unknown as Ids,
  ]
}

function earlierGenerations({ db, traits }: StoreDb, endedBefore: number): Ids {
  return db
    .selectFrom('api_token_owners')
    .innerJoin('api_tokens', 'api_tokens.user_id', 'api_token_owners.user_id')
    .select((eb) => [traits.idText(eb.ref('api_tokens.id')).as('text'), 'api_tokens.user_id'])
    .where('api_token_owners.raised_at', '<', traits.time(endedBefore))
    .whereRef('api_tokens.generation', '<', 'api_token_owners.generation')
}

/** Clears `raised_at` of owners whose ended tokens are all deleted, so that they are not checked again. */
async function forgetRaises({ db, traits }: StoreDb, endedBefore: number): Promise<void> {
  await db
    .updateTable('api_token_owners')
    .set({ raised_at: null })
    .where('raised_at', '<', traits.time(endedBefore))
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('api_tokens')
            .select('api_tokens.id')
            .whereRef('api_tokens.user_id', '=', 'api_token_owners.user_id')
            .whereRef('api_tokens.generation', '<', 'api_token_owners.generation'),
        ),
      ),
    )
    .execute()
}
