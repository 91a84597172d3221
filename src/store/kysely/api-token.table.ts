/** The table of tokens. Times are milliseconds since the epoch, scopes one string parted by spaces. */

import type { Selectable } from 'kysely'
import { formatScope, parseScope } from '../../token/scope.ts'
import type { StatusReason, StoredStatus, TokenRecord } from '../../token/token.ts'

export interface ApiTokenTable {
  id: string
  user_id: string
  generation: number
  name: string | null
  description: string | null
  scopes: string
  status: StoredStatus
  status_reason: StatusReason | null
  hint: string
  kid: string
  created_at: number
  updated_at: number
  expires_at: number | null
  last_used_at: number | null
  idle_from: number
  use_count: number
  revoked_at: number | null
  successor_id: string | null
  predecessor_id: string | null
  grace_ends_at: number | null
}

export type ApiTokenRow = Selectable<ApiTokenTable>

/** The columns of a token, in the order of the table. */
export const API_TOKEN_COLUMNS = [
  'id',
  'user_id',
  'generation',
  'name',
  'description',
  'scopes',
  'status',
  'status_reason',
  'hint',
  'kid',
  'created_at',
  'updated_at',
  'expires_at',
  'last_used_at',
  'idle_from',
  'use_count',
  'revoked_at',
  'successor_id',
  'predecessor_id',
  'grace_ends_at',
] as const satisfies readonly (keyof ApiTokenTable)[]

export function tokenFromRow(row: ApiTokenRow): TokenRecord {
  return {
    id: row.id,
    userId: row.user_id,
    generation: row.generation,
    name: row.name,
    description: row.description,
    scopes: parseScope(row.scopes),
    status: row.status,
    statusReason: row.status_reason,
    hint: row.hint,
    kid: row.kid,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    idleFrom: row.idle_from,
    useCount: row.use_count,
    revokedAt: row.revoked_at,
    successorId: row.successor_id,
    predecessorId: row.predecessor_id,
    graceEndsAt: row.grace_ends_at,
  }
}

export function rowFromToken(token: TokenRecord): ApiTokenRow {
  return {
    id: token.id,
    user_id: token.userId,
    generation: token.generation,
    name: token.name,
    description: token.description,
    scopes: formatScope(token.scopes),
    status: token.status,
    status_reason: token.statusReason,
    hint: token.hint,
    kid: token.kid,
    created_at: token.createdAt,
    updated_at: token.updatedAt,
    expires_at: token.expiresAt,
    last_used_at: token.lastUsedAt,
    idle_from: token.idleFrom,
    use_count: token.useCount,
    revoked_at: token.revokedAt,
    successor_id: token.successorId,
    predecessor_id: token.predecessorId,
    grace_ends_at: token.graceEndsAt,
  }
}
