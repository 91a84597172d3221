/** The query of a cold verification: a token and its owner by primary key. It is compiled once. */

import type { CompiledQuery } from 'kysely'
import type { OwnedToken, OwnerRecord, OwnerStatus } from '../../../token/token.ts'
import { type ApiTokenRow, tokenColumns, tokenFromRow } from '../tables/token-row.ts'
import type { StoreDb } from '../transactions.ts'

export interface JoinedRow extends ApiTokenRow {
  owner_status: OwnerStatus | null
  owner_generation: number | null
}

/**
 * The query has one parameter, the id. It uses two subqueries instead of a join, because SQLite would plan a join again for
 * each id, which costs eight times as much as the read.
 */
export function selectToken({ db, traits }: StoreDb): CompiledQuery<JoinedRow> {
  return db
    .selectFrom('api_tokens')
    .select(tokenColumns(traits))
    .select((eb) => {
      const owner = eb
        .selectFrom('api_token_owners')
        .whereRef('api_token_owners.user_id', '=', 'api_tokens.user_id')
      return [
        owner.select('api_token_owners.status').as('owner_status'),
        owner.select('api_token_owners.generation').as('owner_generation'),
      ]
    })
    .where('api_tokens.id', '=', '')
    .$castTo<JoinedRow>()
    .compile()
}

export function ownedFromRow(row: JoinedRow): OwnedToken {
  return { token: tokenFromRow(row), owner: ownerFromJoined(row) }
}

function ownerFromJoined(row: JoinedRow): OwnerRecord | null {
  const { owner_status: status, owner_generation: generation } = row
  if (status === null || generation === null) return null
  return { userId: row.user_id, status, generation: Number(generation) }
}
