/** Reads, locks and writes the row of an owner. */

import type { OwnerRecord, OwnerStatus, StatusReason } from '../../../token/token.ts'
import { ownerFromRow } from '../tables/api-token-owner.ts'
import { atomically, type StoreDb } from '../transactions.ts'
import { stamp } from './change-feed.ts'
import type { CountedOwner, OwnerCounts } from './owner-counts.ts'

export async function selectOwner({ db }: StoreDb, userId: string): Promise<OwnerRecord | null> {
  const row = await ownerQuery({ db }, userId).executeTakeFirst()
  return row === undefined ? null : ownerFromRow(row)
}

/** Reads the owner and locks the row until the end of the transaction. */
export async function lockOwner({ db, traits }: StoreDb, userId: string): Promise<CountedOwner | undefined> {
  const query = ownerQuery({ db }, userId).select((eb) => [
    'living_count',
    'ended_count',
    traits.millis(eb.ref('counted_at')).as('counted_at'),
    traits.millis(eb.ref('recounted_at')).as('recounted_at'),
    'counted_max_age',
  ])
  const row = await traits.locked(query).executeTakeFirst()
  return row === undefined ? undefined : { ...ownerFromRow(row), counts: countsOf(row) }
}

/** Clears the counts of owners whose tokens are being deleted, so that the next insert counts all. */
export async function forgetCounts({ db }: StoreDb, userIds: readonly string[]): Promise<void> {
  await db.updateTable('api_token_owners').set({ counted_at: null }).where('user_id', 'in', userIds).execute()
}

/** Inserts the row of an active owner, unless it exists. */
export async function addOwner({ db, traits }: StoreDb, userId: string): Promise<void> {
  const owner = { user_id: userId, status: 'active', generation: 1 } as const
  await traits.onConflictDoNothing(db.insertInto('api_token_owners').values(owner), 'user_id').execute()
}

/** Writes the status, and inserts a missing row. A removal raises the generation. */
export async function writeOwnerStatus(
  storeDb: StoreDb,
  userId: string,
  status: OwnerStatus,
  now: number,
): Promise<OwnerRecord> {
  const raise = status === 'removed' ? { reason: 'user_removed' as const, now } : null
  return writeOwner(storeDb, userId, { status, raise })
}

/** Raises the generation, which revokes all tokens of the owner. The status stays. */
export async function raiseGeneration(
  storeDb: StoreDb,
  userId: string,
  raise: GenerationRaise,
): Promise<OwnerRecord> {
  return writeOwner(storeDb, userId, { raise })
}

interface GenerationRaise {
  /** The `status_reason` of the revoked tokens. */
  readonly reason: StatusReason | null
  readonly now: number
}

async function writeOwner(
  storeDb: StoreDb,
  userId: string,
  { status, raise }: { readonly status?: OwnerStatus; readonly raise: GenerationRaise | null },
): Promise<OwnerRecord> {
  return atomically(storeDb, async (transaction) => {
    await addOwner(transaction, userId)
    const { db, traits } = transaction
    await db
      .updateTable('api_token_owners')
      .set((eb) => ({
        ...(status === undefined ? {} : { status }),
        changed_at: stamp('api_token_owners', traits),
        ...(raise === null
          ? {}
          : {
              generation: eb('generation', '+', 1),
              raised_at: traits.time(raise.now),
              ended_reason: raise.reason,
              // In this order, because MySQL assigns from left to right.
              ended_count: eb('ended_count', '+', eb.ref('living_count')),
              living_count: 0,
            }),
      }))
      .where('user_id', '=', userId)
      .execute()
    return ownerFromRow(await ownerQuery({ db }, userId).executeTakeFirstOrThrow())
  })
}

function countsOf(row: {
  readonly living_count: number | null
  readonly ended_count: number | null
  readonly counted_at: number | null
  readonly recounted_at: number | null
  readonly counted_max_age: number | null
}): OwnerCounts | null {
  const { living_count: living, ended_count: ended, counted_at, recounted_at, counted_max_age } = row
  if (living === null || ended === null || counted_at === null) return null
  return {
    living: Number(living),
    ended: Number(ended),
    countedAt: Number(counted_at),
    recountedAt: Number(recounted_at ?? 0),
    maxAgeMs: counted_max_age === null ? null : Number(counted_max_age),
  }
}

function ownerQuery({ db }: Pick<StoreDb, 'db'>, userId: string) {
  return db
    .selectFrom('api_token_owners')
    .select(['user_id', 'status', 'generation', 'ended_reason'])
    .where('user_id', '=', userId)
}
