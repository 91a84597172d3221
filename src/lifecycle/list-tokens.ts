/** Lists a user's tokens, page by page. */

import { InvalidInput, UserInactive } from '../errors.ts'
import { type PagePosition, SORT_FIELDS, type SortField, type TokenQuery } from '../store/token-store.ts'
import type { TokenStatus } from '../token/status.ts'
import { nameFault, userIdFault } from '../token/text.ts'
import type { TokenRecord } from '../token/token.ts'
import { type ApiToken, viewOf } from './api-token.ts'
import type { LifecycleParts } from './lifecycle-parts.ts'
import { readCursor, writeCursor } from './page-cursor.ts'
import { requireNoFault } from './valid-input.ts'

/** Every order of a list: a field, or a field with `-` before it for descending. */
export const TOKEN_SORTS = SORT_FIELDS.flatMap((field) => [field, `-${field}`] as const)

export type TokenSort = (typeof TOKEN_SORTS)[number]

export const DEFAULT_LIMIT = 30
export const MAX_LIMIT = 100

export interface ListRequest {
  readonly userId: string
  /** How many, 1 to 100. Default 30. */
  readonly limit?: number | undefined
  /** The `nextCursor` of the page before. */
  readonly cursor?: string | undefined
  readonly status?: TokenStatus | undefined
  /** A part of the name or description. */
  readonly q?: string | undefined
  /** Default `-created_at`: newest first. */
  readonly sort?: TokenSort | undefined
}

export interface TokenList {
  readonly data: readonly ApiToken[]
  readonly nextCursor: string | null
  /** How many match on all pages. */
  readonly total: number
}

/**
 * @throws {InvalidInput} A limit, cursor, search or sort that cannot be.
 * @throws {UserInactive} A user who is deactivated or removed.
 */
export async function listTokens(parts: LifecycleParts, request: ListRequest): Promise<TokenList> {
  const now = parts.clock.now()
  const query = queryOf(request, now, parts.idleTimeoutMs)
  const { tokens, more, total, owner } = await parts.store.listTokens(query)
  if (owner !== null && owner.status !== 'active') throw new UserInactive()
  const last = tokens.at(-1)
  return {
    data: tokens.map((token) => viewOf(token, owner, now, parts)),
    nextCursor:
      more && last !== undefined ? writeCursor(sortOf(request), positionOf(last, query.sort)) : null,
    total,
  }
}

function queryOf(request: ListRequest, now: number, idleTimeoutMs: number | null): TokenQuery {
  const { userId, limit = DEFAULT_LIMIT, cursor, status, q } = request
  requireNoFault('userId', userIdFault(userId))
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw new InvalidInput(`limit must be a whole number from 1 to ${MAX_LIMIT}`)
  }
  const sort = sortOf(request)
  return {
    userId,
    limit,
    sort: fieldOf(sort),
    descending: sort.startsWith('-'),
    after: cursor === undefined ? undefined : readCursor(cursor, sort),
    status,
    text: searchOf(q),
    now,
    idleBefore: idleTimeoutMs === null ? null : now - idleTimeoutMs,
  }
}

function sortOf({ sort = '-created_at' }: ListRequest): TokenSort {
  if (!TOKEN_SORTS.includes(sort)) throw new InvalidInput(`sort must be one of ${TOKEN_SORTS.join(', ')}`)
  return sort
}

function fieldOf(sort: TokenSort): SortField {
  const field = SORT_FIELDS.find((name) => sort.endsWith(name))
  if (field === undefined) throw new InvalidInput('sort names no field')
  return field
}

/** An empty search box searches nothing. */
function searchOf(q: string | undefined): string | undefined {
  if (q === undefined || q.trim() === '') return undefined
  requireNoFault('q', nameFault(q))
  return q
}

function positionOf(token: TokenRecord, sort: SortField): PagePosition {
  switch (sort) {
    case 'created_at':
      return { value: null, id: token.id }
    case 'name':
      return { value: token.name ?? '', id: token.id }
    case 'last_used_at':
      return { value: token.lastUsedAt ?? 0, id: token.id }
    default:
      return sort satisfies never
  }
}
