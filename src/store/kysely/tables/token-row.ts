/** Converts rows of the table of tokens to tokens and back. */

import { type AliasedExpression, sql } from 'kysely'
import { formatScope, parseScope } from '../../../token/scope.ts'
import type { LastClient, TokenRecord } from '../../../token/token.ts'
import type { DialectTraits } from '../dialects/dialect-traits.ts'
import type { ApiTokenTable } from './api-token.ts'
import type { Instant } from './instant.ts'

/** A row as `tokenColumns` selects it, with times in milliseconds. Drivers may return numbers as texts or BigInts. */
export type ApiTokenRow = {
  [Column in (typeof API_TOKEN_COLUMNS)[number]]: Numeric<ApiTokenTable[Column]>
}

type Numeric<T> = T extends Instant | number ? number | string | bigint : T

const TIMES = [
  'created_at',
  'updated_at',
  'expires_at',
  'last_used_at',
  'idle_from',
  'revoked_at',
  'grace_ends_at',
] as const satisfies readonly (keyof ApiTokenTable)[]

const OTHERS = [
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
  'form',
  'seal',
  'use_count',
  'scopes_used',
  'last_used_ip',
  'last_used_user_agent',
  'successor_id',
  'predecessor_id',
] as const satisfies readonly (keyof ApiTokenTable)[]

/** The columns of a token, as an INSERT lists them. */
const API_TOKEN_COLUMNS = [...OTHERS, ...TIMES] as const

/** The columns that `tokenFromRow` needs. */
export function tokenColumns({ millis }: DialectTraits): readonly AliasedExpression<unknown, string>[] {
  const plain = OTHERS.map((column) => sql.ref(`api_tokens.${column}`).as(column))
  const times = TIMES.map((column) => millis(sql.ref<Instant>(`api_tokens.${column}`)).as(column))
  return [...plain, ...times]
}

export function tokenFromRow(row: ApiTokenRow): TokenRecord {
  return {
    id: row.id,
    userId: row.user_id,
    generation: Number(row.generation),
    name: row.name,
    description: row.description,
    scopes: parseScope(row.scopes),
    status: row.status,
    statusReason: row.status_reason,
    hint: row.hint,
    kid: row.kid,
    form: row.form,
    seal: row.seal,
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
    expiresAt: numberOrNull(row.expires_at),
    lastUsedAt: numberOrNull(row.last_used_at),
    idleFrom: Number(row.idle_from),
    useCount: Number(row.use_count),
    scopesUsed: Number(row.scopes_used),
    lastClient: clientFromRow(row),
    revokedAt: numberOrNull(row.revoked_at),
    successorId: row.successor_id,
    predecessorId: row.predecessor_id,
    graceEndsAt: numberOrNull(row.grace_ends_at),
  }
}

/** The values of an INSERT. */
export function rowFromToken<Time>(token: TokenRecord, time: (ms: number) => Time) {
  const orNull = (ms: number | null) => (ms === null ? null : time(ms))
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
    form: token.form,
    seal: token.seal,
    created_at: time(token.createdAt),
    updated_at: time(token.updatedAt),
    expires_at: orNull(token.expiresAt),
    last_used_at: orNull(token.lastUsedAt),
    idle_from: time(token.idleFrom),
    use_count: token.useCount,
    scopes_used: token.scopesUsed,
    last_used_ip: token.lastClient?.ip ?? null,
    last_used_user_agent: token.lastClient?.userAgent ?? null,
    revoked_at: orNull(token.revokedAt),
    successor_id: token.successorId,
    predecessor_id: token.predecessorId,
    grace_ends_at: orNull(token.graceEndsAt),
  }
}

function clientFromRow({
  last_used_ip: ip,
  last_used_user_agent: userAgent,
}: ApiTokenRow): LastClient | null {
  return ip === null ? null : { ip, userAgent }
}

function numberOrNull(value: number | string | bigint | null): number | null {
  return value === null ? null : Number(value)
}
