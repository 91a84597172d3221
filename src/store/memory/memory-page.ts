/** Orders and searches tokens in memory exactly as the databases do. */

import { lowerAscii } from '../../token/text.ts'
import type { TokenRecord } from '../../token/token.ts'
import type { PagePosition, SortField } from '../token-store.ts'

/** What a token is sorted by; `created_at` is decided by the id alone, whose order is that of time. */
export function sortValue(token: TokenRecord, sort: SortField): string | number | null {
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

/** Below zero when the token comes before the position in ascending order. */
export function compareAt(token: TokenRecord, position: PagePosition, sort: SortField): number {
  return compareValues(sortValue(token, sort), position.value) || compareBytes(token.id, position.id)
}

/** Whether name or description hold the text; ASCII letters match in either case. */
export function matchesText(token: TokenRecord, text: string): boolean {
  const wanted = lowerAscii(text)
  return [token.name, token.description].some((field) => field !== null && lowerAscii(field).includes(wanted))
}

function compareValues(a: string | number | null, b: string | number | null): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a === 'string' && typeof b === 'string') return compareBytes(a, b)
  return 0
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
