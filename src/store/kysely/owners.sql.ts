/** The one row of a user that suspends or ends all their tokens. */

import type { OwnerRecord, OwnerStatus } from '../../token/token.ts'
import { ownerFromRow } from './api-token-owner.table.ts'
import { stamp } from './changed-at.sql.ts'
import { atomically, type Connection } from './connection.ts'

export async function selectOwner({ db }: Connection, userId: string): Promise<OwnerRecord | null> {
  const row = await ownerQuery({ db }, userId).executeTakeFirst()
  return row === undefined ? null : ownerFromRow(row)
}

/** The owner, whose row nobody else changes, or counts on, until the transaction ends. */
export async function lockOwner(
  { db, traits }: Connection,
  userId: string,
): Promise<OwnerRecord | undefined> {
  const row = await traits.locked(ownerQuery({ db }, userId)).executeTakeFirst()
  return row === undefined ? undefined : ownerFromRow(row)
}

/** Makes the row of an active user, unless there is one. */
export async function addOwner({ db, traits }: Connection, userId: string): Promise<void> {
  const owner = { user_id: userId, status: 'active', generation: 1, removed_at: null } as const
  await traits.unlessThere(db.insertInto('api_token_owners').values(owner), 'user_id').execute()
}

/** Writes the status, in a row that is made if there is none; a removal raises the generation. */
export async function writeOwnerStatus(
  connection: Connection,
  userId: string,
  status: OwnerStatus,
  now: number,
): Promise<OwnerRecord> {
  return atomically(connection, async (transaction) => {
    await addOwner(transaction, userId)
    const { db, traits } = transaction
    await db
      .updateTable('api_token_owners')
      .set((eb) => ({
        status,
        changed_at: stamp('api_token_owners', traits),
        ...(status === 'removed'
          ? { generation: eb('generation', '+', 1), removed_at: traits.time(now) }
          : {}),
      }))
      .where('user_id', '=', userId)
      .execute()
    return ownerFromRow(await ownerQuery({ db }, userId).executeTakeFirstOrThrow())
  })
}

function ownerQuery({ db }: Pick<Connection, 'db'>, userId: string) {
  return db
    .selectFrom('api_token_owners')
    .select(['user_id', 'status', 'generation'])
    .where('user_id', '=', userId)
}
