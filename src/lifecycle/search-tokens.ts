/** Searches the tokens of all owners, page by page, for administration. */

import { InvalidInput } from '../errors.ts'
import { administrationOf } from '../store/administration-of.ts'
import type { PlacedToken, RangePosition } from '../store/token-store.ts'
import { isTokenId } from '../token/claims.ts'
import { isScopeName } from '../token/scope.ts'
import type { TokenStatus } from '../token/status.ts'
import { searchFault, userIdFault } from '../token/text.ts'
import { dayNumberOf } from '../utc-day.ts'
import { type ApiToken, viewOf } from './api-token.ts'
import type { Context } from './context.ts'
import { readFilteredPage } from './filtered-page.ts'
import { DEFAULT_LIMIT, MAX_LIMIT } from './list-tokens.ts'
import {
  foreignCursor,
  isStorableDay,
  isStorableTime,
  readOpaqueCursor,
  writeOpaqueCursor,
} from './opaque-cursor.ts'
import { type OrderedSearch, orderOf, type SearchOrder, type SearchSort } from './search-order.ts'
import { requireNoFault } from './valid-input.ts'

/**
 * Tokens must match all given filters. The first of `userId`, `createdBy`, `name`, `unusedSince` and `expiresBefore` that is
 * given decides which tokens are read, and their order. The other filters are applied to at most 1,000 of them.
 */
export interface SearchRequest {
  readonly userId?: string | undefined
  /** The id of the user or administrator who issued the token. */
  readonly createdBy?: string | undefined
  /** The beginning of the name. Upper and lower case differ. */
  readonly name?: string | undefined
  /** Tokens that were not used, enabled or issued on this day (UTC) or later. */
  readonly unusedSince?: Date | undefined
  /** Tokens with an expiry before this time, as they were issued: a grace period and `expiry.enforce` do not count. */
  readonly expiresBefore?: Date | undefined
  /** Tokens that were issued before this time. */
  readonly createdBefore?: Date | undefined
  /** One status, or several: tokens that have any of them. Default: all. */
  readonly status?: TokenStatus | readonly TokenStatus[] | undefined
  /** Tokens that have this scope. */
  readonly scope?: string | undefined
  /**
   * With `userId`, with `createdBy` and without a filter that has an order: `-created_at` (the default: newest first) or
   * `created_at`. With `expiresBefore`, and without a filter that has an order: `expires_at`, tokens without an expiry last.
   */
  readonly sort?: SearchSort | undefined
  /** How many, 1 to 100. Default 30. */
  readonly limit?: number | undefined
  /** The `nextCursor` of the previous page, with the same filters and `sort`. */
  readonly cursor?: string | undefined
}

/** A page. It may have fewer than `limit` tokens, even none, and still a `nextCursor`. */
export interface SearchResult {
  readonly data: readonly ApiToken[]
  /** For the next page; `null` on the last one. */
  readonly nextCursor: string | null
}

/**
 * @throws {InvalidInput} For an invalid filter, sort, limit or cursor.
 * @throws {InvalidOption} For a store without administration.
 */
export async function searchTokens(context: Context, request: SearchRequest): Promise<SearchResult> {
  const administration = administrationOf(context.store, 'search')
  const now = context.clock.now()
  const search = searchOf(request)
  const order = orderOf(search, now)
  const list = ['search', search]
  const { limit, cursor } = pageOf(request)
  const { rows, next } = await readFilteredPage<PlacedToken, RangePosition>({
    limit,
    after: cursor === undefined ? order.start : readPosition(cursor, list, order),
    isFiltered: hasFurtherFilters(search, order),
    read: (after, count) =>
      administration.readTokens(order.range, { after, descending: order.descending, limit: count }),
    positionOf: ({ position }) => position,
    matches: (placed) => matches(context, placed, search, now),
    isPast: ({ token }) => order.isPast(token.id),
  })
  return {
    data: rows.map(({ token, owner }) => viewOf(token, owner, now, context)),
    nextCursor: next === null ? null : writeOpaqueCursor(list, [next.value, next.id]),
  }
}

/** The size of a page, and the cursor of the previous one. @throws {InvalidInput} For an invalid limit. */
export function pageOf({ limit = DEFAULT_LIMIT, cursor }: Pick<SearchRequest, 'limit' | 'cursor'>): {
  readonly limit: number
  readonly cursor: string | undefined
} {
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT) return { limit, cursor }
  throw new InvalidInput(`limit must be a whole number from 1 to ${MAX_LIMIT}`)
}

/** The checked filters, with times in milliseconds. */
interface Search extends OrderedSearch {
  /** Sorted; `undefined` for all. */
  readonly statuses: readonly TokenStatus[] | undefined
  readonly scope: string | undefined
}

function searchOf(request: SearchRequest): Search {
  const { userId, createdBy, name, scope, status, sort } = request
  if (userId !== undefined) requireNoFault('userId', userIdFault(userId))
  if (createdBy !== undefined) requireNoFault('createdBy', userIdFault(createdBy))
  if (name !== undefined) requireNoFault('name', searchFault(name))
  if (scope !== undefined && !isScopeName(scope)) {
    throw new InvalidInput('scope must be a scope name (RFC 6749, section 3.3)')
  }
  const statuses = status === undefined ? undefined : [...new Set([status].flat())].sort()
  return {
    ...{ userId, createdBy, name, scope, sort, statuses },
    unusedSince: timeOf('unusedSince', request.unusedSince),
    expiresBefore: timeOf('expiresBefore', request.expiresBefore),
    createdBefore: timeOf('createdBefore', request.createdBefore),
    isOfRunning: statuses?.every((wanted) => wanted === 'active' || wanted === 'inactive') === true,
  }
}

function timeOf(field: string, date: Date | undefined): number | undefined {
  const time = date?.getTime()
  if (time === undefined || isStorableTime(time)) return time
  throw new InvalidInput(`${field} must be a time from 1970 to 9999`)
}

/** Whether most of the tokens that are read may not match. */
function hasFurtherFilters(search: Search, { range }: SearchOrder): boolean {
  const { createdBy, name, unusedSince, expiresBefore, statuses, scope } = search
  const further = {
    id: [],
    owner: [createdBy, name, unusedSince, expiresBefore],
    creator: [name, unusedSince, expiresBefore],
    name: [unusedSince, expiresBefore],
    last_use: [expiresBefore],
    expiry: [],
  }
  return [statuses, scope, ...further[range.by]].some((filter) => filter !== undefined)
}

/** Every filter, also the one that decided the order: uses that were not flushed yet count for `unusedSince`. */
function matches(context: Context, { token, owner }: PlacedToken, search: Search, now: number): boolean {
  const { userId, createdBy, name, scope, statuses } = search
  const { unusedSince = Infinity, expiresBefore = Infinity, createdBefore = Infinity } = search
  if (userId !== undefined && token.userId !== userId) return false
  if (createdBy !== undefined && token.createdBy.id !== createdBy) return false
  if (name !== undefined && token.name?.startsWith(name) !== true) return false
  if (scope !== undefined && !token.scopes.includes(scope)) return false
  if (expiresBefore !== Infinity && (token.expiresAt ?? Infinity) >= expiresBefore) return false
  if (token.createdAt >= createdBefore) return false
  const usedAt = Math.max(token.idleFrom, token.lastUsedAt ?? 0, context.recorder.lastUsedAt(token.id))
  if (unusedSince !== Infinity && dayNumberOf(usedAt) >= dayNumberOf(unusedSince)) return false
  return statuses?.includes(viewOf(token, owner, now, context).status) !== false
}

/** Every member is checked like its field, because databases refuse some texts that JSON can contain. */
function readPosition(cursor: string, list: readonly unknown[], { range }: SearchOrder): RangePosition {
  const [value, id, ...more] = readOpaqueCursor(cursor, list) ?? []
  if (typeof id !== 'string' || !isTokenId(id) || more.length > 0) throw foreignCursor()
  switch (range.by) {
    case 'id':
    case 'owner':
    case 'creator':
      if (value === null) return { value, id }
      break
    case 'name':
      if (typeof value === 'string' && searchFault(value) === undefined) return { value, id }
      break
    case 'last_use':
      if (isStorableDay(value)) return { value, id }
      break
    case 'expiry':
      if (value === null || isStorableTime(value)) return { value, id }
      break
    default:
      return range satisfies never
  }
  throw foreignCursor()
}
