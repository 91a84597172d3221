/** The queries of a cold verification: tokens and their owners by primary key. They are compiled once. */

import { type CompiledQuery, type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely'
import type { OwnedToken, OwnerRecord, OwnerStatus, StatusReason } from '../../../token/token.ts'
import { MAX_FOUND_TOKENS } from '../../find-token.ts'
import type { DialectTraits } from '../dialects/dialect-traits.ts'
import type { ApiTokenDatabase } from '../tables/database.ts'
import { dayOf } from '../tables/day-of-token.ts'
import type { StoredId } from '../tables/stored-id.ts'
import { type ApiTokenRow, joinedTokenColumns, tokenColumns, tokenFromRow } from '../tables/token-row.ts'
import type { StoreDb } from '../transactions.ts'

export interface JoinedRow extends ApiTokenRow {
  owner_status: OwnerStatus | null
  owner_generation: number | null
  owner_ended_reason: StatusReason | null
}

/** The numbers of ids for which there is a query. A list of another length is filled up with one of its ids. */
const SIZES = [1, 2, 4, 8, 16, 32, 64, 128, MAX_FOUND_TOKENS]

type TokensQuery = CompiledQuery<JoinedRow>
type Tokens = ExpressionBuilder<ApiTokenDatabase, 'api_tokens'>

/** The queries by their number of ids, for `queryFor`. */
export function selectTokens(storeDb: StoreDb): readonly TokensQuery[] {
  const select = SELECTS[storeDb.traits.readsTokensBy]
  return SIZES.map((size) => select(storeDb, size))
}

/** The query for these ids, of which there must be one at least. */
export function queryFor(
  queries: readonly TokensQuery[],
  ids: readonly string[],
  { idParameter }: DialectTraits,
): TokensQuery {
  const query = queries.find(({ parameters }) => parameters.length >= ids.length)
  if (query === undefined) throw new RangeError(`findTokens: at most ${MAX_FOUND_TOKENS} ids`)
  return { ...query, parameters: query.parameters.map((_, n) => idParameter(ids[n] ?? ids[0] ?? '')) }
}

const SELECTS = {
  joins: selectByJoin,
  'lateral joins': selectByLateralJoin,
  subqueries: selectBySubqueries,
} as const satisfies Record<DialectTraits['readsTokensBy'], unknown>

/**
 * The parameters are the ids. The unary plus has no effect on their values, but SQLite then does not plan the query again for
 * other ids, which takes longer than the read (https://sqlite.org/optoverview.html).
 */
function selectByJoin({ db, traits }: StoreDb, size: number): TokensQuery {
  return db
    .selectFrom('api_tokens')
    .leftJoin('api_token_usage', (join) =>
      join
        .onRef('api_token_usage.day', '=', 'api_tokens.idle_day')
        .onRef('api_token_usage.token_id', '=', 'api_tokens.id'),
    )
    .leftJoin('api_token_owners', 'api_token_owners.user_id', 'api_tokens.user_id')
    .select(joinedTokenColumns(traits, 'api_token_usage'))
    .select([
      'api_token_owners.status as owner_status',
      'api_token_owners.generation as owner_generation',
      'api_token_owners.ended_reason as owner_ended_reason',
    ])
    .where((eb) => isOneOf(eb, size, sql<StoredId>`+${traits.id('')}`))
    .$castTo<JoinedRow>()
    .compile()
}

/**
 * With a limit in each lateral join, so that the server reads by primary key and never plans to read all owners or all usage
 * of a day. It takes a quarter less time than a subquery for each column.
 */
function selectByLateralJoin({ db, traits }: StoreDb, size: number): TokensQuery {
  return db
    .selectFrom('api_tokens')
    .leftJoinLateral(
      (eb) => dayOf(eb).selectAll().limit(sql.lit(1)).as('used_day'),
      (join) => join.onTrue(),
    )
    .leftJoinLateral(
      (eb) => ownerOf(eb).selectAll().limit(sql.lit(1)).as('owner'),
      (join) => join.onTrue(),
    )
    .select(joinedTokenColumns(traits, 'used_day'))
    .select([
      'owner.status as owner_status',
      'owner.generation as owner_generation',
      'owner.ended_reason as owner_ended_reason',
    ])
    .where((eb) => isOneOf(eb, size, traits.id('')))
    .$castTo<JoinedRow>()
    .compile()
}

/** The same in subqueries, for servers without lateral joins. */
function selectBySubqueries({ db, traits }: StoreDb, size: number): TokensQuery {
  return db
    .selectFrom('api_tokens')
    .select(tokenColumns(traits))
    .select((eb) => ownerColumns(eb))
    .where((eb) => isOneOf(eb, size, traits.id('')))
    .$castTo<JoinedRow>()
    .compile()
}

function isOneOf(eb: Tokens, size: number, id: Expression<StoredId>): Expression<SqlBool> {
  const ids = Array.from({ length: size }, () => id)
  return size === 1 ? eb('api_tokens.id', '=', id) : eb('api_tokens.id', 'in', ids)
}

/** The columns of the token's owner, as subqueries. */
export function ownerColumns(eb: Tokens) {
  const owner = ownerOf(eb)
  return [
    owner.select('api_token_owners.status').as('owner_status'),
    owner.select('api_token_owners.generation').as('owner_generation'),
    owner.select('api_token_owners.ended_reason').as('owner_ended_reason'),
  ]
}

function ownerOf(eb: Tokens) {
  return eb.selectFrom('api_token_owners').whereRef('api_token_owners.user_id', '=', 'api_tokens.user_id')
}

export function ownedFromRow(row: JoinedRow): OwnedToken {
  return { token: tokenFromRow(row), owner: ownerFromJoined(row) }
}

function ownerFromJoined(row: JoinedRow): OwnerRecord | null {
  const { owner_status: status, owner_generation: generation } = row
  if (status === null || generation === null) return null
  return { userId: row.user_id, status, generation: Number(generation), endedReason: row.owner_ended_reason }
}
