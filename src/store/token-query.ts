/** What a store is asked for a page of an owner's tokens, and what it returns. */

import type { TokenStatus } from '../token/status.ts'
import type { OwnerRecord, TokenRecord } from '../token/token.ts'

export const SORT_FIELDS = ['created_at', 'name', 'last_used_at'] as const

export type SortField = (typeof SORT_FIELDS)[number]

/** Where a page begins: after the row with this sort value and id. */
export interface PagePosition {
  /**
   * The sort field's value: for `name` the name, `''` for none; for `created_at` null, since the id alone decides. For
   * `last_used_at` the last use, 0 for none, of a row within `stretch`; null where a new stretch begins.
   */
  readonly value: string | number | null
  readonly id: string
  /** Only for `last_used_at`, with a value: the rows that are sorted by it. */
  readonly stretch?: Stretch | undefined
}

/** A part of an owner's tokens in the order of their ids, which is sorted by last use as a whole. */
export interface Stretch {
  /** The first row's id, included: the highest id in a descending list. */
  readonly first: string
  /** The last row's id, included; null where the list ends. */
  readonly last: string | null
}

export interface TokenQuery {
  readonly userId: string
  readonly limit: number
  readonly sort: SortField
  readonly descending: boolean
  readonly after?: PagePosition | undefined
  /** Tokens with one of these, evaluated at `now` as `judge` does. Left out: all. */
  readonly statuses?: readonly TokenStatus[] | undefined
  /** A part of the name or the description; ASCII letters match in either case. */
  readonly text?: string | undefined
  /**
   * How many rows may be read for the page, and again for the total. With a filter, and in the order of the last use, a
   * page ends after so many rows: it may be short, even empty, and say where the next one begins.
   */
  readonly maxRows: number
  readonly now: number
  readonly idleBefore: number | null
  readonly maxAgeMs?: number | null | undefined
}

export interface TokenPage {
  /** At most `limit` rows. */
  readonly tokens: readonly TokenRecord[]
  /** Where the next page begins; null on the last one. */
  readonly next: PagePosition | null
  /** How many rows match, on all pages; null with `text`, and for an owner who has more than `maxRows` tokens. */
  readonly total: number | null
  readonly owner: OwnerRecord | null
}
