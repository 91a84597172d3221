/** Checks the limits for one more token of an owner, and finds the ended tokens to delete. The owner's row is locked. */

import type { OwnerRecord } from '../../../token/token.ts'
import { MAX_DELETED, MAX_READ } from '../../ended-bounds.ts'
import type { InsertOutcome, InsertRules, MaxAgeMs } from '../../token-store.ts'
import { idFromText } from '../tables/stored-id.ts'
import type { StoreDb } from '../transactions.ts'
import { agedTokens } from './maximum-age.ts'
import { type CountedNow, type CountedOwner, countsAt, type OwnerCounts, recount } from './owner-counts.ts'

/** Whether the limits allow a new token, and the counts without it. */
export interface Room {
  readonly outcome: 'room' | Exclude<InsertOutcome['outcome'], 'inserted' | 'owner_inactive'>
  /** The ids of ended tokens that the insert deletes. */
  readonly oldest: readonly string[]
  readonly counts: OwnerCounts
}

/** How long a count of all tokens is valid, so that repeated refusals do not count all tokens each time. */
const RECOUNT_MS = 60_000

/** Counts all tokens again before a refusal, unless that was done within a minute: the stored counts may be too high. */
export async function findRoom(storeDb: StoreDb, owner: CountedOwner, rules: InsertRules): Promise<Room> {
  const moment = { now: rules.now, maxAgeMs: rules.maxAgeMs ?? null }
  const counted = await countsAt(storeDb, owner, moment)
  const room = await roomWith(storeDb, owner, rules, counted)
  const age = rules.now - counted.stored.recountedAt
  if (room.outcome === 'room' || (age >= 0 && age < RECOUNT_MS)) return room
  return roomWith(storeDb, owner, rules, await recount(storeDb, owner, moment))
}

async function roomWith(
  storeDb: StoreDb,
  owner: OwnerRecord,
  { maxTokens, maxEnded, deletableBefore, maxAgeMs }: InsertRules,
  { living, ended, stored: counts }: CountedNow,
): Promise<Room> {
  if (living >= maxTokens) return { outcome: 'limit_reached', oldest: [], counts }
  if (ended < maxEnded) return { outcome: 'room', oldest: [], counts }
  const oldest = await oldestEnded(storeDb, owner, deletableBefore, maxAgeMs)
  return { outcome: oldest.length > 0 ? 'room' : 'ended_limit_reached', oldest, counts }
}

/** First tokens of earlier generations, then those that ended first, then those that reached the maximum age. */
async function oldestEnded(
  storeDb: StoreDb,
  owner: OwnerRecord,
  deletableBefore: number,
  maxAgeMs: MaxAgeMs,
): Promise<readonly string[]> {
  const { db, traits } = storeDb
  const earlier = await earlierGenerations(storeDb, owner, deletableBefore)
  if (earlier.length >= MAX_DELETED) return earlier
  const rows = await db
    .selectFrom('api_tokens')
    .select((eb) => traits.idText(eb.ref('id')).as('text'))
    .where('user_id', '=', owner.userId)
    .where('generation', '=', owner.generation)
    .where('ends_at', '<', traits.time(deletableBefore))
    .orderBy('ends_at')
    .limit(MAX_DELETED - earlier.length)
    .execute()
  const oldest = [...earlier, ...rows.map(({ text }) => idFromText(text))]
  if (oldest.length >= MAX_DELETED || maxAgeMs === null || maxAgeMs === undefined) return oldest
  const scope = { maxAgeMs, endedBefore: deletableBefore, userId: owner.userId }
  const aged = await agedTokens(storeDb, scope).limit(MAX_DELETED).execute()
  return [...new Set([...oldest, ...aged.map(({ text }) => idFromText(text))])].slice(0, MAX_DELETED)
}

/** Ended tokens of earlier generations of the owner. */
async function earlierGenerations(
  { db, traits }: StoreDb,
  { userId, generation }: OwnerRecord,
  deletableBefore: number,
): Promise<readonly string[]> {
  // There is no earlier generation.
  if (generation === 1) return []
  const moment = traits.time(deletableBefore)
  const first = db
    .selectFrom('api_tokens')
    .select(['id', 'ends_at'])
    .where('user_id', '=', userId)
    .where('generation', '<', generation)
    .orderBy('generation')
    .orderBy('ends_at')
    .limit(MAX_READ)
  const rows = await db
    .selectFrom(first.as('earlier'))
    .select((eb) => traits.idText(eb.ref('earlier.id')).as('text'))
    .where((eb) =>
      eb.or([
        eb('earlier.ends_at', '<', moment),
        eb.exists(
          eb
            .selectFrom('api_token_owners')
            .select('api_token_owners.user_id')
            .where('api_token_owners.user_id', '=', userId)
            .where('api_token_owners.raised_at', '<', moment),
        ),
      ]),
    )
    .limit(MAX_DELETED)
    .execute()
  return rows.map(({ text }) => idFromText(text))
}
