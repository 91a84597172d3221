/**
 * A page in the order of an index (keyset pagination): each page costs the same, and no row is returned twice. With a
 * filter the page ends at a key that is determined first, so that a bounded number of rows is read.
 */

import type { OwnerRecord, TokenRecord } from '../../../token/token.ts'
import { hexOfUuid } from '../../../token/uuid.ts'
import { nameAndId, nameIn } from '../../name-and-id.ts'
import type { PagePosition, TokenPage, TokenQuery } from '../../token-store.ts'
import { betweenSlices } from '../slices.ts'
import { type ApiTokenRow, tokenColumns, tokenFromRow } from '../tables/token-row.ts'
import type { StoreDb } from '../transactions.ts'
import { isFiltered, matches } from './list-filters.ts'
import { type KeyColumn, keyBehind, keyValue } from './owner-keys.ts'

export async function selectByKey(
  storeDb: StoreDb,
  owner: OwnerRecord,
  query: TokenQuery,
): Promise<Pick<TokenPage, 'tokens' | 'next'>> {
  const { db, traits } = storeDb
  const { userId, descending, sort, limit, maxRows } = query
  const column = sort === 'name' ? 'name_and_id' : 'id'
  const after = query.after === undefined ? null : keyOf(query.after, column)
  // The end key is read first, so that concurrent inserts and deletions do not move it.
  const n = isFiltered(query) ? maxRows : limit + 1
  const end =
    isFiltered(query) || traits.pagesNeedEnds
      ? await keyBehind(storeDb, query, { column, after, n })
      : undefined
  await betweenSlices(storeDb)
  const rows = await db
    .selectFrom('api_tokens')
    .select(tokenColumns(traits))
    .where('user_id', '=', userId)
    .$if(after !== null, (page) =>
      page.where(column, descending ? '<' : '>', keyValue(traits, column, after ?? '')),
    )
    .$if(end !== undefined, (page) =>
      page.where(column, descending ? '>=' : '<=', keyValue(traits, column, end?.key ?? '')),
    )
    .$if(isFiltered(query), (page) => page.where((eb) => matches(eb, owner, query, traits)))
    .orderBy(`api_tokens.${column}`, descending ? 'desc' : 'asc')
    .limit(limit + 1)
    .$castTo<ApiTokenRow>()
    .execute()
  const tokens = rows.slice(0, limit).map(tokenFromRow)
  const last = tokens.at(-1)
  if (rows.length > limit && last !== undefined) return { tokens, next: positionOf(last, column) }
  if (end === undefined) return { tokens, next: null }
  return { tokens, next: positionOf({ id: end.id, name: nameIn(end.key, hexOfUuid(end.id)) }, column) }
}

function keyOf({ value, id }: PagePosition, column: KeyColumn): string {
  return column === 'id' ? id : nameAndId(String(value), hexOfUuid(id))
}

function positionOf({ id, name }: Pick<TokenRecord, 'id' | 'name'>, column: KeyColumn): PagePosition {
  return { value: column === 'id' ? null : (name ?? ''), id }
}
