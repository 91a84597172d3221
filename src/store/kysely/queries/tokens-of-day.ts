/**
 * Finds tokens by their `idle_day`, from the index of the sweep. On SQLite it reads them in slices, so that a day with very many
 * tokens does not block the thread.
 */

import { type Expression, type SqlBool, sql } from 'kysely'
import { betweenSlices } from '../slices.ts'
import { idFromText } from '../tables/stored-id.ts'
import { reading, type StoreDb } from '../transactions.ts'
import type { Tokens } from './owner-conditions.ts'

const SLICE = 1_000

/** Selects active tokens of one day. */
export interface DaySearch {
  readonly day: number
  /**
   * If given, tokens with a warning of an idle period that began at this time or later are left out: the index alone
   * decides that.
   */
  readonly warnedBefore?: number
  readonly condition: (eb: Tokens) => Expression<SqlBool>
  /** The most ids to return. */
  readonly limit: number
}

/** The ids of the tokens. They are not locked. */
export async function tokensOfDay(storeDb: StoreDb, search: DaySearch): Promise<readonly string[]> {
  const found: string[] = []
  // Two searches, because a condition on either would not be decided by the index.
  for (const isWarned of [false, true]) {
    const limit = search.limit - found.length
    if (limit > 0) found.push(...(await tokensWith(storeDb, { ...search, limit, isWarned })))
  }
  return found
}

interface Search extends DaySearch {
  /** Whether to find tokens with or without a stored warning. */
  readonly isWarned: boolean
}

async function tokensWith(storeDb: StoreDb, search: Search): Promise<readonly string[]> {
  const { condition, limit } = search
  if (storeDb.traits.writers === 'many') {
    return reading(storeDb, (attempt) =>
      idsOf(attempt, byIndex(attempt, search).where(condition).limit(limit)),
    )
  }
  const found: string[] = []
  for (let after: Place | null = null; ; ) {
    const slice: readonly Place[] = await reading(storeDb, (attempt) => readSlice(attempt, search, after))
    if (slice.length > 0) {
      const ids = slice.map(({ id }) => id)
      const rest = limit - found.length
      found.push(
        ...(await reading(storeDb, (attempt) =>
          amongIds(attempt, ids, search).then((all) => all.slice(0, rest)),
        )),
      )
    }
    after = slice.at(-1) ?? null
    if (slice.length < SLICE || found.length >= limit) return found
    await betweenSlices(storeDb)
  }
}

function byIndex({ db, traits }: StoreDb, { day, warnedBefore, isWarned }: Search) {
  return db
    .selectFrom('api_tokens')
    .where('api_tokens.status', '=', 'active')
    .where('api_tokens.idle_day', '=', day)
    .where('api_tokens.idle_warning_from', isWarned ? 'is not' : 'is', null)
    .$if(isWarned && warnedBefore !== undefined, (rows) =>
      rows.where('api_tokens.idle_warning_from', '<', traits.time(warnedBefore ?? 0)),
    )
}

/** The place of a row in the index. */
interface Place {
  readonly id: string
  readonly warnedFrom: number
}

/** Reads the index only. */
async function readSlice(storeDb: StoreDb, search: Search, after: Place | null): Promise<readonly Place[]> {
  const { traits } = storeDb
  const rows = await byIndex(storeDb, search)
    .select((eb) => [
      traits.idText(eb.ref('api_tokens.id')).as('text'),
      traits.millis(eb.ref('api_tokens.idle_warning_from')).as('warned'),
    ])
    .$if(after !== null && !search.isWarned, (slice) =>
      slice.where('api_tokens.id', '>', traits.id(after?.id ?? '')),
    )
    .$if(after !== null && search.isWarned, (slice) =>
      slice.where(
        sql<SqlBool>`(idle_warning_from, id) > (${traits.time(after?.warnedFrom ?? 0)}, ${traits.id(after?.id ?? '')})`,
      ),
    )
    .orderBy('api_tokens.idle_warning_from')
    .orderBy('api_tokens.id')
    .limit(SLICE)
    .execute()
  return rows.map(({ text, warned }) => ({ id: idFromText(text), warnedFrom: Number(warned) }))
}

async function amongIds(
  storeDb: StoreDb,
  ids: readonly string[],
  { condition }: Search,
): Promise<readonly string[]> {
  const { db, traits } = storeDb
  return idsOf(
    storeDb,
    db.selectFrom('api_tokens').where('api_tokens.id', 'in', ids.map(traits.id)).where(condition),
  )
}

/** Runs a query of tokens for their ids. */
export async function idsOf(
  { traits }: StoreDb,
  query: ReturnType<typeof byIndex>,
): Promise<readonly string[]> {
  const rows = await query.select((eb) => traits.idText(eb.ref('api_tokens.id')).as('text')).execute()
  return rows.map(({ text }) => idFromText(text))
}
