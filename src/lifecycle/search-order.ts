/** Chooses the index of a search, and with it the order, by the most selective filter that the request has. */

import { InvalidInput } from '../errors.ts'
import type { RangePosition, TokenRange } from '../store/token-store.ts'
import { firstTokenIdAt, LAST_TOKEN_ID, timeOfTokenId } from '../token/claims.ts'

/** Every order that a request can ask for. */
export const SEARCH_SORTS = ['created_at', '-created_at', 'expires_at'] as const

export type SearchSort = (typeof SEARCH_SORTS)[number]

/** The members of a search that decide its order. Times are in milliseconds. */
export interface OrderedSearch {
  readonly userId: string | undefined
  readonly createdBy: string | undefined
  readonly name: string | undefined
  readonly unusedSince: number | undefined
  readonly expiresBefore: number | undefined
  readonly createdBefore: number | undefined
  readonly sort: SearchSort | undefined
  /** Whether the search leaves out tokens that have ended. */
  readonly isOfRunning: boolean
}

export interface SearchOrder {
  readonly range: TokenRange
  readonly descending: boolean
  /** The position after which the first page begins; `null` for the whole range. */
  readonly start: RangePosition | null
  /** Whether this token and all later ones of the range were issued too late for the search. */
  isPast(tokenId: string): boolean
}

/** @throws {InvalidInput} For a `sort` that is not an order of the filter. */
export function orderOf(search: OrderedSearch, now: number): SearchOrder {
  const { userId, createdBy, name, unusedSince, expiresBefore = null, sort } = search
  if (userId !== undefined) return byIssue(search, { by: 'owner', userId }, 'by owner')
  if (createdBy !== undefined) return byIssue(search, { by: 'creator', creatorId: createdBy }, 'by creator')
  if (name !== undefined) return inOwnOrder(search, { by: 'name', prefix: name }, 'by name')
  if (unusedSince !== undefined)
    return inOwnOrder(search, { by: 'last_use', before: unusedSince }, 'by last use')
  if (expiresBefore !== null || sort === 'expires_at') return byExpiry(search, expiresBefore, now)
  return byIssue(search, { by: 'id' }, '')
}

/** The time in an id may be some seconds after the issue, if the clock was set back before. */
const ID_TOLERANCE_MS = 60_000

function byIssue(
  { sort = '-created_at', createdBefore }: OrderedSearch,
  range: TokenRange,
  filter: string,
): SearchOrder {
  if (sort === 'expires_at') throw wrongSort('must be created_at or -created_at', filter)
  const descending = sort === '-created_at'
  const order = { range, descending }
  if (createdBefore === undefined) return { ...order, start: null, isPast: () => false }
  const lastTime = createdBefore + ID_TOLERANCE_MS
  if (descending)
    return { ...order, start: { id: firstTokenIdAt(lastTime), value: null }, isPast: () => false }
  return { ...order, start: null, isPast: (tokenId) => timeOfTokenId(tokenId) >= lastTime }
}

function inOwnOrder({ sort }: OrderedSearch, range: TokenRange, filter: string): SearchOrder {
  if (sort !== undefined) throw wrongSort('must be left out', filter)
  return { range, descending: false, start: null, isPast: () => false }
}

function byExpiry(
  { sort = 'expires_at', isOfRunning }: OrderedSearch,
  before: number | null,
  now: number,
): SearchOrder {
  if (sort !== 'expires_at') throw wrongSort('must be expires_at or left out', 'by expiry')
  // Otherwise every page would read the expired tokens first.
  const start = isOfRunning ? { id: LAST_TOKEN_ID, value: now } : null
  return { range: { by: 'expiry', before }, descending: false, start, isPast: () => false }
}

function wrongSort(rule: string, filter: string): Error {
  return new InvalidInput(`sort ${rule} with a filter ${filter}`)
}
