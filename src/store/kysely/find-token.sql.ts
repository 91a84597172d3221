/** The read behind a cold verification: a token by its primary key, its owner joined. Compiled once. */

import type { CompiledQuery, Kysely } from 'kysely'
import type { OwnedToken, OwnerRecord, OwnerStatus } from '../../token/token.ts'
import { type ApiTokenRow, tokenFromRow } from './api-token.table.ts'
import type { ApiTokenDatabase } from './database.ts'

export interface JoinedRow extends ApiTokenRow {
  owner_status: OwnerStatus | null
  owner_generation: number | null
}

/** The query; its one parameter is the id. */
export function selectToken(db: Kysely<ApiTokenDatabase>): CompiledQuery<JoinedRow> {
  return db
    .selectFrom('api_tokens')
    .leftJoin('api_token_owners', 'api_token_owners.user_id', 'api_tokens.user_id')
    .selectAll('api_tokens')
    .select(['api_token_owners.status as owner_status', 'api_token_owners.generation as owner_generation'])
    .where('api_tokens.id', '=', '')
    .compile()
}

export function ownedFromRow(row: JoinedRow): OwnedToken {
  return { token: tokenFromRow(row), owner: ownerFromJoined(row) }
}

function ownerFromJoined(row: JoinedRow): OwnerRecord | null {
  const { owner_status: status, owner_generation: generation } = row
  if (status === null || generation === null) return null
  return { userId: row.user_id, status, generation }
}
