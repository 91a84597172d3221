/**
 * The numbers of an owner's tokens, stored in the owner's row, so that an insert does not count them. Only inserts, prunes
 * and the owner's removal write the counts. Tokens that have ended since are found by `ends_at`.
 */

import { sql } from 'kysely'
import { endsAt } from '../../../token/status.ts'
import type { NewTokenRecord, OwnerRecord } from '../../../token/token.ts'
import { betweenSlices } from '../slices.ts'
import type { StoreDb } from '../transactions.ts'
import { agedBy, isYoung } from './maximum-age.ts'
import { keyBehind } from './owner-keys.ts'

/** An owner with its counts, `null` if they are unknown. */
export interface CountedOwner extends OwnerRecord {
  readonly counts: OwnerCounts | null
}

export interface OwnerCounts {
  /** Tokens of the current generation that end at `countedAt` or later. */
  readonly living: number
  /** All other tokens. */
  readonly ended: number
  readonly countedAt: number
  /** The last time that all tokens were read to count them. */
  readonly recountedAt: number
  /** The maximum age that was used for the counts. */
  readonly maxAgeMs: number | null
}

/** The time of an insert, and the maximum age of tokens. */
export interface CountMoment {
  readonly now: number
  readonly maxAgeMs: number | null
}

/** The counts at `now`. `stored` is for the row: it leaves out tokens that end exactly at `now`. */
export interface CountedNow {
  readonly living: number
  readonly ended: number
  readonly stored: OwnerCounts
}

/** When more tokens than this have ended since the last insert, all are counted again. */
const MAX_ENDED_SINCE = 1_000
/**
 * How many tokens one statement counts, so that it neither blocks the thread nor times out. With more, MariaDB uses a
 * shorter index of another order and reads all tokens each time.
 */
const SLICE = 1_000

/** The counts at `now`, by a bounded read. Counts all tokens if the counts are unknown or too many tokens have ended. */
export async function countsAt(
  storeDb: StoreDb,
  owner: CountedOwner,
  moment: CountMoment,
): Promise<CountedNow> {
  const { counts } = owner
  // Another instance with another maximum age may have stored the counts.
  if (counts === null || counts.maxAgeMs !== moment.maxAgeMs) return recount(storeDb, owner, moment)
  const { all, before } = await endedSince(storeDb, owner, counts, moment.now)
  if (all > MAX_ENDED_SINCE) return recount(storeDb, owner, moment)
  return countedNow(counts, { all, before, now: moment.now })
}

/** The counts at `now`, by reading all tokens of the owner. */
export async function recount(
  storeDb: StoreDb,
  owner: OwnerRecord,
  moment: CountMoment,
): Promise<CountedNow> {
  const { now, maxAgeMs } = moment
  const counts = {
    ...(await countTokens(storeDb, owner, moment)),
    ...{ countedAt: now, recountedAt: now, maxAgeMs },
  }
  return countedNow(counts, { ...(await endedSince(storeDb, owner, counts, now)), now })
}

/** Stores the counts. */
export async function writeCounts(
  { db, traits }: StoreDb,
  userId: string,
  { living, ended, countedAt, recountedAt, maxAgeMs }: OwnerCounts,
): Promise<void> {
  await db
    .updateTable('api_token_owners')
    .set({
      living_count: living,
      ended_count: ended,
      counted_at: traits.time(countedAt),
      recounted_at: traits.time(recountedAt),
      counted_max_age: maxAgeMs,
    })
    .where('user_id', '=', userId)
    .execute()
}

/** The counts after the insert of a token and the deletion of ended ones. */
export function withToken(counts: OwnerCounts, token: NewTokenRecord, deleted: number): OwnerCounts {
  const end = Math.min(token.revokedAt ?? Infinity, endsAt(token, counts.maxAgeMs) ?? Infinity)
  const lives = end >= counts.countedAt ? 1 : 0
  return { ...counts, living: counts.living + lives, ended: counts.ended + 1 - lives - deleted }
}

function countedNow(
  counts: OwnerCounts,
  { all, before, now }: { readonly all: number; readonly before: number; readonly now: number },
): CountedNow {
  return {
    living: counts.living - all,
    ended: counts.ended + all,
    stored: {
      ...counts,
      living: counts.living - before,
      ended: counts.ended + before,
      // The clock of another instance may have been ahead.
      countedAt: Math.max(counts.countedAt, now),
    },
  }
}

/**
 * The number of tokens with an `ends_at` from `countedAt` to `now`, and how many of these are before `now`. Tokens that had
 * reached the maximum age at the last full count are not counted again. Tokens that reached it since count as living
 * until the next full count, which happens before a refusal.
 */
async function endedSince(
  { db, traits }: StoreDb,
  { userId, generation }: OwnerRecord,
  { countedAt, recountedAt, maxAgeMs }: Pick<OwnerCounts, 'countedAt' | 'recountedAt' | 'maxAgeMs'>,
  now: number,
) {
  const moment = traits.time(now)
  const ends = db
    .selectFrom('api_tokens')
    .select('ends_at')
    .where('user_id', '=', userId)
    .where('generation', '=', generation)
    .where('ends_at', '>=', traits.time(countedAt))
    .where('ends_at', '<=', moment)
    .where((eb) => eb.and(isYoung(eb, agedBy(traits, recountedAt, maxAgeMs))))
    .limit(MAX_ENDED_SINCE + 1)
  const { all, before } = await db
    .selectFrom(ends.as('ends'))
    .select((eb) => [
      sql<number>`count(*)`.as('all'),
      sql<number>`coalesce(sum(case when ${eb('ends_at', '<', moment)} then 1 else 0 end), 0)`.as('before'),
    ])
    .executeTakeFirstOrThrow()
  return { all: Number(all), before: Number(before) }
}

async function countTokens(
  storeDb: StoreDb,
  owner: OwnerRecord,
  moment: CountMoment,
): Promise<Pick<OwnerCounts, 'living' | 'ended'>> {
  const counts = { living: 0, ended: 0 }
  for (let after: string | null = null; ; ) {
    const end = await keyBehind(storeDb, { ...owner, descending: false }, { column: 'id', after, n: SLICE })
    await betweenSlices(storeDb)
    const { all, living } = await countBetween(storeDb, owner, { after, end: end?.id, moment })
    counts.living += living
    counts.ended += all - living
    if (end === undefined) return counts
    after = end.id
    await betweenSlices(storeDb)
  }
}

/** Counts the tokens after one id and up to another, if there is one. */
async function countBetween(
  { db, traits }: StoreDb,
  { userId, generation }: OwnerRecord,
  {
    after,
    end,
    moment: { now, maxAgeMs },
  }: { readonly after: string | null; readonly end: string | undefined; readonly moment: CountMoment },
) {
  const row = await db
    .selectFrom('api_tokens')
    .select((eb) => {
      const lives = eb.and([
        eb('generation', '=', generation),
        eb('ends_at', '>=', traits.time(now)),
        ...isYoung(eb, agedBy(traits, now, maxAgeMs)),
      ])
      return [
        sql<number>`count(*)`.as('all'),
        sql<number>`coalesce(sum(case when ${lives} then 1 else 0 end), 0)`.as('living'),
      ]
    })
    .where('user_id', '=', userId)
    .$if(after !== null, (rows) => rows.where('id', '>', traits.id(after ?? '')))
    .$if(end !== undefined, (rows) => rows.where('id', '<=', traits.id(end ?? '')))
    .executeTakeFirstOrThrow()
  return { all: Number(row.all), living: Number(row.living) }
}
