/** Converts rows of the table of tokens to tokens and back. */

import { type AliasedExpression, expressionBuilder, sql } from 'kysely'
import { formatScope, parseScope } from '../../../token/scope.ts'
import type { Creator, LastClient, TokenLimits, TokenRecord } from '../../../token/token.ts'
import { eitherUsed } from '../../../token/used-scopes.ts'
import { dayNumberOf } from '../../../utc-day.ts'
import type { DialectTraits } from '../dialects/dialect-traits.ts'
import type { ApiTokenTable } from './api-token.ts'
import type { ApiTokenDatabase } from './database.ts'
import { dayOf } from './day-of-token.ts'
import type { Instant } from './instant.ts'
import { idFromText, type StoredId } from './stored-id.ts'

/** A row as `tokenColumns` selects it, with times in milliseconds. Drivers may return numbers as texts or BigInts. */
export type ApiTokenRow = {
  [Column in (typeof API_TOKEN_COLUMNS)[number]]: Read<ApiTokenTable[Column]>
} & DayColumns

/** The usage row of the day `idle_day`. All are `null` without one. */
interface DayColumns {
  readonly day_requests: ReadNumber | null
  readonly day_last_used_at: ReadNumber | null
  readonly day_scopes_used: ReadNumber | null
  readonly day_ip: string | null
  readonly day_user_agent: string | null
}

type ReadNumber = number | string | bigint
type Read<T> = T extends Instant | number ? ReadNumber : T extends StoredId ? string : T

const TIMES = [
  'created_at',
  'updated_at',
  'expires_at',
  'last_used_at',
  'idle_from',
  'revoked_at',
  'grace_ends_at',
] as const satisfies readonly (keyof ApiTokenTable)[]

const IDS = ['id', 'successor_id', 'predecessor_id'] as const satisfies readonly (keyof ApiTokenTable)[]

const OTHERS = [
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
  'created_by_kind',
  'created_by_id',
  'metadata',
  'allowed_ips',
  'rate_limit',
  'use_count',
  'scopes_used',
  'last_used_ip',
  'last_used_user_agent',
] as const satisfies readonly (keyof ApiTokenTable)[]

const API_TOKEN_COLUMNS = [...IDS, ...OTHERS, ...TIMES] as const

/** The columns that `tokenFromRow` needs, of the token's row and of the usage row of its day. */
export function tokenColumns(traits: DialectTraits): readonly AliasedExpression<unknown, string>[] {
  const { millis } = traits
  const day = dayOf(expressionBuilder<ApiTokenDatabase, 'api_tokens'>())
  return [
    ...ownColumns(traits),
    day.select('requests').as('day_requests'),
    day.select((eb) => millis(eb.ref('api_token_usage.last_used_at')).as('at')).as('day_last_used_at'),
    day.select('api_token_usage.scopes_used').as('day_scopes_used'),
    day.select('api_token_usage.last_used_ip').as('day_ip'),
    day.select('api_token_usage.last_used_user_agent').as('day_user_agent'),
  ]
}

/** The same columns of a query that joins the usage row, `dayOf`, by this name. */
export function joinedTokenColumns(
  traits: DialectTraits,
  day: 'api_token_usage' | 'used_day',
): readonly AliasedExpression<unknown, string>[] {
  return [
    ...ownColumns(traits),
    sql.ref(`${day}.requests`).as('day_requests'),
    traits.millis(sql.ref<Instant>(`${day}.last_used_at`)).as('day_last_used_at'),
    sql.ref(`${day}.scopes_used`).as('day_scopes_used'),
    sql.ref(`${day}.last_used_ip`).as('day_ip'),
    sql.ref(`${day}.last_used_user_agent`).as('day_user_agent'),
  ]
}

function ownColumns({ millis, idText }: DialectTraits): readonly AliasedExpression<unknown, string>[] {
  const ids = IDS.map((column) => idText(sql.ref<StoredId>(`api_tokens.${column}`)).as(column))
  const plain = OTHERS.map((column) => sql.ref(`api_tokens.${column}`).as(column))
  const times = TIMES.map((column) => millis(sql.ref<Instant>(`api_tokens.${column}`)).as(column))
  return [...ids, ...plain, ...times]
}

export function tokenFromRow(row: ApiTokenRow): TokenRecord {
  const lastUsedAt = later(numberOrNull(row.last_used_at), numberOrNull(row.day_last_used_at))
  return {
    id: idFromText(row.id),
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
    createdBy: creatorFromRow(row),
    ...limitsFromRow(row),
    updatedAt: Number(row.updated_at),
    expiresAt: numberOrNull(row.expires_at),
    lastUsedAt,
    idleFrom: Math.max(Number(row.idle_from), lastUsedAt ?? 0),
    useCount: Number(row.use_count) + Number(row.day_requests ?? 0),
    scopesUsed: eitherUsed(Number(row.scopes_used), Number(row.day_scopes_used ?? 0)),
    lastClient: clientFromRow(row),
    revokedAt: numberOrNull(row.revoked_at),
    successorId: idOrNull(row.successor_id),
    predecessorId: idOrNull(row.predecessor_id),
    graceEndsAt: numberOrNull(row.grace_ends_at),
  }
}

/** The values of an INSERT. */
export function rowFromToken(token: TokenRecord, { time, id }: Pick<DialectTraits, 'time' | 'id'>) {
  const orNull = (ms: number | null) => (ms === null ? null : time(ms))
  const idOrNull = (other: string | null) => (other === null ? null : id(other))
  return {
    id: id(token.id),
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
    ...creatorColumns(token),
    ...limitColumns(token),
    updated_at: time(token.updatedAt),
    expires_at: orNull(token.expiresAt),
    last_used_at: orNull(token.lastUsedAt),
    idle_from: time(token.idleFrom),
    idle_day: dayNumberOf(Math.max(token.idleFrom, token.lastUsedAt ?? 0)),
    use_count: token.useCount,
    scopes_used: token.scopesUsed,
    last_used_ip: token.lastClient?.ip ?? null,
    last_used_user_agent: token.lastClient?.userAgent ?? null,
    revoked_at: orNull(token.revokedAt),
    successor_id: idOrNull(token.successorId),
    predecessor_id: idOrNull(token.predecessorId),
    grace_ends_at: orNull(token.graceEndsAt),
  }
}

/** The columns of `createdBy`. The owner's id is not stored twice. */
function creatorColumns({ userId, createdBy: { kind, id } }: Pick<TokenRecord, 'userId' | 'createdBy'>) {
  return { created_by_kind: kind, created_by_id: kind === 'user' && id === userId ? null : id }
}

function creatorFromRow({ user_id, created_by_kind: kind, created_by_id: id }: ApiTokenRow): Creator {
  return { kind, id: kind === 'user' ? (id ?? user_id) : id }
}

export function limitColumns({ metadata, allowedIps, rateLimit }: TokenLimits) {
  return {
    metadata: jsonOrNull(metadata),
    allowed_ips: jsonOrNull(allowedIps),
    rate_limit: jsonOrNull(rateLimit && [rateLimit.max, rateLimit.timeWindow]),
  }
}

/** What is not the JSON that `limitColumns` wrote was changed by SQL: the value then matches no seal. */
function limitsFromRow({ metadata, allowed_ips, rate_limit }: ApiTokenRow): TokenLimits {
  const limit = parsed(rate_limit)
  const [max, timeWindow] = Array.isArray(limit) ? limit : []
  return {
    metadata: parsed(metadata),
    allowedIps: parsed(allowed_ips),
    rateLimit: limit === null ? null : { max, timeWindow },
  } as TokenLimits
}

function jsonOrNull(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value)
}

function parsed(text: string | null): unknown {
  if (text === null) return null
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** The client of the day, or of an earlier day if none is stored for the uses of the day. */
function clientFromRow(row: ApiTokenRow): LastClient | null {
  if (row.day_ip !== null) return { ip: row.day_ip, userAgent: row.day_user_agent }
  const { last_used_ip: ip, last_used_user_agent: userAgent } = row
  return ip === null ? null : { ip, userAgent }
}

/** In SQLite the digits of `null` are an empty text. */
function idOrNull(text: string | null): string | null {
  return text === null || text === '' ? null : idFromText(text)
}

function later(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b)
}

function numberOrNull(value: ReadNumber | null): number | null {
  return value === null ? null : Number(value)
}
