/**
 * A page in the order of the last use. There is no index of that order, because every use would update it. Instead, an
 * owner's tokens are divided by id into stretches of a bounded size, and each stretch is sorted by the last use.
 */

import type { Expression, ExpressionBuilder, SqlBool } from 'kysely'
import type { OwnerRecord } from '../../../token/token.ts'
import type { PagePosition, Stretch, TokenPage, TokenQuery } from '../../token-store.ts'
import type { DialectTraits } from '../dialects/dialect-traits.ts'
import type { ApiTokenDatabase } from '../tables/database.ts'
import { type ApiTokenRow, tokenColumns, tokenFromRow } from '../tables/token-row.ts'
import type { StoreDb } from '../transactions.ts'
import { lastUse } from './idle-clock.ts'
import { matches } from './list-filters.ts'
import { keyBehind } from './owner-keys.ts'

type Tokens = ExpressionBuilder<ApiTokenDatabase, 'api_tokens'>

export async function selectByLastUse(
  storeDb: StoreDb,
  owner: OwnerRecord,
  query: TokenQuery,
): Promise<Pick<TokenPage, 'tokens' | 'next'>> {
  const { traits } = storeDb
  const { after, descending, limit } = query
  const stretch = after?.stretch ?? (await nextStretch(storeDb, query))
  if (stretch === undefined) return { tokens: [], next: null }
  const direction = descending ? 'desc' : 'asc'
  const rows = await rowsOf(storeDb, query, stretch)
    .select(tokenColumns(traits))
    .where((eb) => matches(eb, owner, query, traits))
    .$if(typeof after?.value === 'number', (page) =>
      page.where((eb) => follows(eb, after as PagePosition, descending, traits)),
    )
    .orderBy((eb) => lastUse(eb, traits), direction)
    .orderBy('api_tokens.id', direction)
    .limit(limit + 1)
    .$castTo<ApiTokenRow>()
    .execute()
  const tokens = rows.slice(0, limit).map(tokenFromRow)
  const last = tokens.at(-1)
  if (rows.length > limit && last !== undefined) {
    return { tokens, next: { value: last.lastUsedAt ?? 0, id: last.id, stretch } }
  }
  return { tokens, next: stretch.last === null ? null : { value: null, id: stretch.last } }
}

/** The next stretch; `undefined` at the end of the list. */
async function nextStretch(storeDb: StoreDb, query: TokenQuery): Promise<Stretch | undefined> {
  const after = query.after?.id ?? null
  const first = await keyBehind(storeDb, query, { column: 'id', after, n: 1 })
  if (first === undefined) return undefined
  const last = await keyBehind(storeDb, query, { column: 'id', after, n: query.maxRows })
  return { first: first.id, last: last?.id ?? null }
}

/** The rows of the stretch. They are limited, because a cursor may name other ids. */
function rowsOf(
  { db, traits }: StoreDb,
  { userId, descending, maxRows }: TokenQuery,
  { first, last }: Stretch,
) {
  const rows = db
    .selectFrom('api_tokens')
    .selectAll()
    .where('user_id', '=', userId)
    .where('id', descending ? '<=' : '>=', traits.id(first))
    .$if(last !== null, (stretch) => stretch.where('id', descending ? '>=' : '<=', traits.id(last as string)))
    .orderBy('id', descending ? 'desc' : 'asc')
    .limit(maxRows)
  return db.selectFrom(rows.as('api_tokens')) as unknown as ReturnType<typeof db.selectFrom<'api_tokens'>>
}

function follows(
  eb: Tokens,
  { value, id }: PagePosition,
  descending: boolean,
  traits: DialectTraits,
): Expression<SqlBool> {
  const behind = descending ? '<' : '>'
  const position = traits.time(Number(value))
  const use = lastUse(eb, traits)
  return eb.or([
    eb(use, behind, position),
    eb.and([eb(use, '=', position), eb('api_tokens.id', behind, traits.id(id))]),
  ])
}
