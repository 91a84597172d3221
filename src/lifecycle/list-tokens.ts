/** Lists a user's tokens, page by page. */

import { InvalidInput, UserInactive } from '../errors.ts'
import { SORT_FIELDS, type SortField, type TokenQuery } from '../store/token-store.ts'
import type { TokenStatus } from '../token/status.ts'
import { searchFault, userIdFault } from '../token/text.ts'
import { type ApiToken, viewOf } from './api-token.ts'
import type { Context } from './context.ts'
import { readCursor, writeCursor } from './page-cursor.ts'
import { requireNoFault } from './valid-input.ts'

/** Every order of a list: a field, or a field with `-` before it for descending. */
export const TOKEN_SORTS = SORT_FIELDS.flatMap((field) => [field, `-${field}`] as const)

export type TokenSort = (typeof TOKEN_SORTS)[number]

export const DEFAULT_LIMIT = 30
export const MAX_LIMIT = 100

/** How many of a user's tokens a search reads for a page. */
const MAX_ROWS_SEARCHED = 500
/** How many tokens are read for a page with `status`, sorted by last use, and counted for `total`, at most. */
const MAX_ROWS = 1_000

export interface ListRequest {
  readonly userId: string
  /** How many, 1 to 100. Default 30. */
  readonly limit?: number | undefined
  /** The `nextCursor` of the previous page, with the same user, `status`, `q` and `sort`. */
  readonly cursor?: string | undefined
  /** One status, or several: tokens that have any of them. Default: all. */
  readonly status?: TokenStatus | readonly TokenStatus[] | undefined
  /** A part of the name or description. */
  readonly q?: string | undefined
  /** Default `-created_at`: newest first. */
  readonly sort?: TokenSort | undefined
}

/**
 * A page. With `q`, with `status` and sorted by last use, a page reads a bounded number of tokens: it may have fewer than
 * `limit`, even none, and still a `nextCursor`.
 */
export interface TokenList {
  readonly data: readonly ApiToken[]
  /** For the next page; `null` on the last one. */
  readonly nextCursor: string | null
  /** The number of matches on all pages; `null` with `q`, and for a user with more than 1,000 tokens, including ended ones. */
  readonly total: number | null
}

/**
 * @throws {InvalidInput} For an invalid limit, cursor, search or sort.
 * @throws {UserInactive} For a user who is deactivated or removed.
 */
export async function listTokens(context: Context, request: ListRequest): Promise<TokenList> {
  const now = context.clock.now()
  const query = queryOf(request, now, context)
  const { tokens, next, total, owner } = await context.store.listTokens(query)
  if (owner !== null && owner.status !== 'active') throw new UserInactive()
  return {
    data: tokens.map((token) => viewOf(token, owner, now, context)),
    nextCursor: next === null ? null : writeCursor(query, next),
    total,
  }
}

function queryOf(
  request: ListRequest,
  now: number,
  { idleTimeoutMs, maxAgeMs }: Pick<Context, 'idleTimeoutMs' | 'maxAgeMs'>,
): TokenQuery {
  const { userId, limit = DEFAULT_LIMIT, cursor } = request
  requireNoFault('userId', userIdFault(userId))
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw new InvalidInput(`limit must be a whole number from 1 to ${MAX_LIMIT}`)
  }
  const sort = sortOf(request)
  const text = searchOf(request.q)
  const list = {
    userId,
    sort: fieldOf(sort),
    descending: sort.startsWith('-'),
    statuses: statusesOf(request.status),
    text,
  }
  return {
    ...list,
    limit,
    after: cursor === undefined ? undefined : readCursor(cursor, list),
    maxRows: text === undefined ? MAX_ROWS : MAX_ROWS_SEARCHED,
    now,
    idleBefore: idleTimeoutMs === null ? null : now - idleTimeoutMs,
    maxAgeMs,
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

function statusesOf(status: ListRequest['status']): readonly TokenStatus[] | undefined {
  return status === undefined ? undefined : [...new Set([status].flat())]
}

/** An empty `q` is no search. */
function searchOf(q: unknown): string | undefined {
  if (q === undefined || (typeof q === 'string' && q.trim() === '')) return undefined
  requireNoFault('q', searchFault(q))
  // `searchFault` accepts only strings.
  return q as string
}
