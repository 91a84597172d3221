/** Deletes tokens that ended long ago, in bounded batches. */

import type { Kysely } from 'kysely'
import type { ApiTokenDatabase } from './database.ts'

/** Deletes at most `limit` tokens that were revoked, expired, rotated or lost their owner before `endedBefore`. */
export async function deleteEnded(
  db: Kysely<ApiTokenDatabase>,
  endedBefore: number,
  limit: number,
): Promise<number> {
  let deleted = 0
  for (const ended of [...ENDS.map((column) => endedTokens(db, column)), tokensOfRemoved(db)]) {
    if (deleted >= limit) return deleted
    const batch = ended(endedBefore, limit - deleted)
    const { numDeletedRows } = await db
      .deleteFrom('api_tokens')
      .where('id', 'in', batch)
      .executeTakeFirstOrThrow()
    deleted += Number(numDeletedRows)
  }
  if (deleted < limit) await forgetRemovals(db, endedBefore)
  return deleted
}

const ENDS = ['revoked_at', 'expires_at', 'grace_ends_at'] as const

function endedTokens(db: Kysely<ApiTokenDatabase>, column: (typeof ENDS)[number]) {
  return (endedBefore: number, limit: number) =>
    db.selectFrom('api_tokens').select('id').where(column, '<', endedBefore).limit(limit)
}

function tokensOfRemoved(db: Kysely<ApiTokenDatabase>) {
  return (endedBefore: number, limit: number) =>
    db
      .selectFrom('api_token_owners')
      .innerJoin('api_tokens', 'api_tokens.user_id', 'api_token_owners.user_id')
      .select('api_tokens.id')
      .where('api_token_owners.removed_at', '<', endedBefore)
      .whereRef('api_tokens.generation', '<', 'api_token_owners.generation')
      .limit(limit)
}

/** An owner whose ended tokens are all gone need not be looked at again. */
async function forgetRemovals(db: Kysely<ApiTokenDatabase>, endedBefore: number): Promise<void> {
  await db
    .updateTable('api_token_owners')
    .set({ removed_at: null })
    .where('removed_at', '<', endedBefore)
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
