/** Orders and searches tokens in memory exactly as the databases do. */

import { lowerAscii } from '../../token/text.ts'
import type { TokenRecord } from '../../token/token.ts'
import type { PagePosition, SortField, TokenPage, TokenQuery } from '../token-store.ts'

/** The page of the tokens that match. */
export function pageOf(
  matching: readonly TokenRecord[],
  { sort, descending, after, limit }: TokenQuery,
): Omit<TokenPage, 'owner'> {
  const direction = descending ? -1 : 1
  const rest = matching
    .filter((token) => after === undefined || compareAt(token, after, sort) * direction > 0)
    .sort((a, b) => compareAt(a, { value: sortValue(b, sort), id: b.id }, sort) * direction)
  return { tokens: rest.slice(0, limit), more: rest.length > limit, total: matching.length }
}

/** Whether name or description hold the text; ASCII letters match in either case. */
export function matchesText(token: TokenRecord, text: string): boolean {
  const wanted = lowerAscii(text)
  return [token.name, token.description].some((field) => field !== null && lowerAscii(field).includes(wanted))
}

/** Below zero when the token comes before the position in ascending order. */
function compareAt(token: TokenRecord, position: PagePosition, sort: SortField): number {
  return compareValues(sortValue(token, sort), position.value) || compareBytes(token.id, position.id)
}

/** What a token is sorted by; `created_at` is decided by the id alone, whose order is that of time. */
function sortValue(token: TokenRecord, sort: SortField): string | number | null {
  switch (sort) {
    case 'created_at':
      return null
    case 'name':
      return token.name ?? ''
    case 'last_used_at':
      return token.lastUsedAt ?? 0
    default:
      return sort satisfies never
  }
}

function compareValues(a: string | number | null, b: string | number | null): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a === 'string' && typeof b === 'string') return compareBytes(a, b)
  return 0
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
