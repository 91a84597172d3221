/** The owner's page: keyset paging, so that a page costs the same wherever it lies and nothing is seen twice. */

import { type Expression, type ExpressionBuilder, type Kysely, type SqlBool, sql } from 'kysely'
import { lowerAscii } from '../../token/text.ts'
import type { OwnerRecord } from '../../token/token.ts'
import type { PagePosition, SortField, TokenPage, TokenQuery } from '../token-store.ts'
import { tokenFromRow } from './api-token.table.ts'
import type { ApiTokenDatabase } from './database.ts'
import { hasStatus } from './token-status.sql.ts'

type Tokens = ExpressionBuilder<ApiTokenDatabase, 'api_tokens'>

export async function selectPage(
  db: Kysely<ApiTokenDatabase>,
  owner: OwnerRecord,
  query: TokenQuery,
): Promise<Omit<TokenPage, 'owner'>> {
  const matching = db
    .selectFrom('api_tokens')
    .where('user_id', '=', owner.userId)
    .where((eb) => eb.and(filters(eb, owner, query)))
  const direction = query.descending ? 'desc' : 'asc'
  const { after } = query
  const rows = await matching
    .selectAll()
    .$call((page) => (after === undefined ? page : page.where((eb) => follows(eb, after, query))))
    .$if(query.sort !== 'created_at', (page) => page.orderBy((eb) => sortKey(eb, query.sort), direction))
    .orderBy('id', direction)
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

function filters(eb: Tokens, owner: OwnerRecord, query: TokenQuery): Expression<SqlBool>[] {
  const conditions: Expression<SqlBool>[] = []
  if (query.status !== undefined) {
    conditions.push(hasStatus(eb, query.status, { ...query, generation: owner.generation }))
  }
  if (query.text !== undefined) conditions.push(mentions(eb, query.text))
  return conditions
}

/** Rows behind the position, in the order of the page. */
function follows(eb: Tokens, after: PagePosition, { sort, descending }: TokenQuery): Expression<SqlBool> {
  const behind = descending ? '<' : '>'
  const laterId = eb('api_tokens.id', behind, after.id)
  if (sort === 'created_at') return laterId
  const key = sortKey(eb, sort)
  return eb.or([eb(key, behind, after.value), eb.and([eb(key, '=', after.value), laterId])])
}

/** What rows are sorted by beside the id: a token without a name or a use comes first in ascending order. */
function sortKey(eb: Tokens, sort: SortField): Expression<string | number | null> {
  switch (sort) {
    case 'created_at':
      return eb.ref('api_tokens.id')
    case 'name':
      return eb.fn.coalesce('api_tokens.name', sql.lit(''))
    case 'last_used_at':
      return eb.fn.coalesce('api_tokens.last_used_at', sql.lit(0))
    default:
      return sort satisfies never
  }
}

function mentions(eb: Tokens, text: string): Expression<SqlBool> {
  const pattern = `%${lowerAscii(text).replace(/[!%_]/g, '!$&')}%`
  return eb.or([
    sql<SqlBool>`lower(${eb.ref('api_tokens.name')}) like ${pattern} escape '!'`,
    sql<SqlBool>`lower(${eb.ref('api_tokens.description')}) like ${pattern} escape '!'`,
  ])
}
