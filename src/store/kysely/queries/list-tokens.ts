/** A page of an owner's tokens and the total. Each reads a bounded number of rows. */

import { sql } from 'kysely'
import type { OwnerRecord } from '../../../token/token.ts'
import type { TokenPage, TokenQuery } from '../../token-store.ts'
import { betweenSlices } from '../slices.ts'
import type { StoreDb } from '../transactions.ts'
import { selectByKey } from './list-by-key.ts'
import { selectByLastUse } from './list-by-last-use.ts'
import { matches } from './list-filters.ts'

export async function selectPage(
  storeDb: StoreDb,
  owner: OwnerRecord,
  query: TokenQuery,
): Promise<Omit<TokenPage, 'owner'>> {
  const select = query.sort === 'last_used_at' ? selectByLastUse : selectByKey
  const rows = await select(storeDb, owner, query)
  await betweenSlices(storeDb)
  return { ...rows, total: await countMatching(storeDb, owner, query) }
}

/** The columns that a status depends on. Reading all columns takes three times as long. */
const EVALUATED = [
  'id',
  'status',
  'generation',
  'created_at',
  'expires_at',
  'grace_ends_at',
  'idle_from',
  'idle_day',
  'last_used_at',
] as const

/** `null` for a text search, and for an owner with more than `maxRows` tokens. */
async function countMatching(
  { db, traits }: StoreDb,
  owner: OwnerRecord,
  query: TokenQuery,
): Promise<number | null> {
  const { text, statuses, userId, maxRows } = query
  if (text !== undefined) return null
  const first = db
    .selectFrom('api_tokens')
    .where('user_id', '=', userId)
    .limit(maxRows + 1)
  const read = sql<number>`count(*)`
  if (statuses === undefined) {
    // This reads only the index.
    const counted = await db
      .selectFrom(first.select('id').as('api_tokens'))
      .select(read.as('read'))
      .executeTakeFirstOrThrow()
    return upTo(maxRows, counted.read, counted.read)
  }
  const counted = await db
    .selectFrom(first.select(EVALUATED).as('api_tokens'))
    .select((eb) => {
      const matching = matches(eb, owner, query, traits)
      return [
        read.as('read'),
        sql<number>`coalesce(sum(case when ${matching} then 1 else 0 end), 0)`.as('matching'),
      ]
    })
    .executeTakeFirstOrThrow()
  return upTo(maxRows, counted.read, counted.matching)
}

/** The count; `null` if there are more rows than may be read. Drivers may return numbers as texts. */
function upTo(maxRows: number, read: number, matching: number): number | null {
  return Number(read) > maxRows ? null : Number(matching)
}
