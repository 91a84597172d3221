/** The owner's page: keyset paging, so that a page costs the same wherever it lies and nothing is seen twice. */

import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely'
import { lowerAscii as inLowerCase } from '../../token/text.ts'
import type { OwnerRecord } from '../../token/token.ts'
import type { PagePosition, SortField, TokenPage, TokenQuery } from '../token-store.ts'
import type { Connection } from './connection.ts'
import type { ApiTokenDatabase } from './database.ts'
import type { DialectTraits } from './dialect-traits.ts'
import { type ApiTokenRow, tokenColumns, tokenFromRow } from './token-row.ts'
import { hasStatus } from './token-status.sql.ts'

type Tokens = ExpressionBuilder<ApiTokenDatabase, 'api_tokens'>

export async function selectPage(
  { db, traits }: Connection,
  owner: OwnerRecord,
  query: TokenQuery,
): Promise<Omit<TokenPage, 'owner'>> {
  const matching = db
    .selectFrom('api_tokens')
    .where('user_id', '=', owner.userId)
    .where((eb) => eb.and(filters(eb, owner, query, traits)))
  const direction = query.descending ? 'desc' : 'asc'
  const { after } = query
  const rows = await matching
    .select(tokenColumns(traits))
    .$castTo<ApiTokenRow>()
    .$call((page) => (after === undefined ? page : page.where((eb) => follows(eb, after, query, traits))))
    .$if(query.sort !== 'created_at', (page) =>
      page.orderBy((eb) => sortKey(eb, query.sort, traits), direction),
    )
    .orderBy('api_tokens.id', direction)
    .limit(query.limit + 1)
    .execute()
  const { total } = await matching
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow()
  return {
    tokens: rows.slice(0, query.limit).map(tokenFromRow),
    more: rows.length > query.limit,
    total: Number(total),
  }
}

function filters(
  eb: Tokens,
  { generation }: OwnerRecord,
  { status, text, now, idleBefore }: TokenQuery,
  traits: DialectTraits,
): Expression<SqlBool>[] {
  const conditions: Expression<SqlBool>[] = []
  if (status !== undefined) {
    const idle = idleBefore === null ? null : traits.time(idleBefore)
    conditions.push(hasStatus(eb, status, { now: traits.time(now), idleBefore: idle, generation }))
  }
  if (text !== undefined) conditions.push(mentions(eb, text, traits))
  return conditions
}

/** Rows behind the position, in the order of the page. */
function follows(
  eb: Tokens,
  { id, value }: PagePosition,
  { sort, descending }: TokenQuery,
  traits: DialectTraits,
): Expression<SqlBool> {
  const behind = descending ? '<' : '>'
  const laterId = eb('api_tokens.id', behind, id)
  if (sort === 'created_at') return laterId
  const key = sortKey(eb, sort, traits)
  const position = sort === 'last_used_at' ? traits.time(Number(value)) : value
  return eb.or([eb(key, behind, position), eb.and([eb(key, '=', position), laterId])])
}

/** What rows are sorted by beside the id: a token without a name or a use comes first in ascending order. */
function sortKey(eb: Tokens, sort: SortField, { time }: DialectTraits): Expression<unknown> {
  switch (sort) {
    case 'created_at':
      return eb.ref('api_tokens.id')
    case 'name':
      return eb.fn.coalesce('api_tokens.name', sql.lit(''))
    case 'last_used_at':
      return eb.fn.coalesce('api_tokens.last_used_at', time(0))
    default:
      return sort satisfies never
  }
}

function mentions(eb: Tokens, text: string, { lowerAscii }: DialectTraits): Expression<SqlBool> {
  const pattern = `%${inLowerCase(text).replace(/[!%_]/g, '!$&')}%`
  const holds = (field: 'api_tokens.name' | 'api_tokens.description') =>
    sql<SqlBool>`${lowerAscii(eb.ref(field))} like ${pattern} escape '!'`
  return eb.or([holds('api_tokens.name'), holds('api_tokens.description')])
}
