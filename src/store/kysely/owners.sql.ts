/** The one row of a user that suspends or ends all their tokens. */

import type { Kysely } from 'kysely'
import type { OwnerRecord, OwnerStatus } from '../../token/token.ts'
import { ownerFromRow } from './api-token-owner.table.ts'
import type { ApiTokenDatabase } from './database.ts'

export async function selectOwner(db: Kysely<ApiTokenDatabase>, userId: string): Promise<OwnerRecord | null> {
  const row = await db
    .selectFrom('api_token_owners')
    .select(['user_id', 'status', 'generation'])
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return row === undefined ? null : ownerFromRow(row)
}

/** Makes the row of an active user, unless there is one. */
export async function addOwner(db: Kysely<ApiTokenDatabase>, userId: string): Promise<void> {
  await db
    .insertInto('api_token_owners')
    .values({ user_id: userId, status: 'active', generation: 1, removed_at: null })
    .onConflict((conflict) => conflict.column('user_id').doNothing())
    .execute()
}

/** Writes the status, in a row that is made if there is none; a removal raises the generation. */
export async function writeOwnerStatus(
  db: Kysely<ApiTokenDatabase>,
  userId: string,
  status: OwnerStatus,
  now: number,
): Promise<OwnerRecord> {
  const removal = status === 'removed'
  const row = await db
    .insertInto('api_token_owners')
    .values({ user_id: userId, status, generation: removal ? 2 : 1, removed_at: removal ? now : null })
    .onConflict((conflict) =>
      conflict.column('user_id').doUpdateSet((eb) => ({
        status,
        ...(removal ? { generation: eb('api_token_owners.generation', '+', 1), removed_at: now } : {}),
      })),
    )
    .returning(['user_id', 'status', 'generation'])
    .executeTakeFirstOrThrow()
  return ownerFromRow(row)
}
