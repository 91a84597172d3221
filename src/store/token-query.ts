/** The query for a page of an owner's tokens, and its result. */

import type { TokenStatus } from '../token/status.ts'
import type { OwnerRecord, TokenRecord } from '../token/token.ts'

export const SORT_FIELDS = ['created_at', 'name', 'last_used_at'] as const

export type SortField = (typeof SORT_FIELDS)[number]

/** Where a page begins: after the row with this sort value and id. */
export interface PagePosition {
  /**
   * The value of the sort field. For `name`: the name, or `''`. For `created_at`: `null`, because the id has this order. For
   * `last_used_at`: the last use, or 0, of a row in `stretch`; `null` where a new stretch begins.
   */
  readonly value: string | number | null
  readonly id: string
  /** Only for `last_used_at`, with a value: the rows that are sorted together. */
  readonly stretch?: Stretch | undefined
}

/** A range of ids of an owner's tokens that is sorted by last use as a whole. */
export interface Stretch {
  /** The first id (inclusive): the highest in a descending list. */
  readonly first: string
  /** The last id (inclusive); `null` at the end of the list. */
  readonly last: string | null
}

export interface TokenQuery {
  readonly userId: string
  readonly limit: number
  readonly sort: SortField
  readonly descending: boolean
  readonly after?: PagePosition | undefined
  /** Only tokens with one of these statuses at `now`. Default: all. */
  readonly statuses?: readonly TokenStatus[] | undefined
  /** Only tokens whose name or description contains this text. ASCII letters match in either case. */
  readonly text?: string | undefined
  /**
   * Maximum number of rows to read for the page, and again for the total. With a filter, or sorted by last use, a page ends
   * after that many rows: it may be short or empty and still have a next page.
   */
  readonly maxRows: number
  readonly now: number
  readonly idleBefore: number | null
  readonly maxAgeMs?: number | null | undefined
}

export interface TokenPage {
  /** At most `limit` rows. */
  readonly tokens: readonly TokenRecord[]
  /** The position of the next page; `null` on the last one. */
  readonly next: PagePosition | null
  /** The number of matching tokens on all pages; `null` with `text`, and for an owner with more than `maxRows` tokens. */
  readonly total: number | null
  readonly owner: OwnerRecord | null
}
