/** Lists the owners of tokens, page by page, for administration. */

import { administrationOf } from '../store/administration-of.ts'
import { userIdFault } from '../token/text.ts'
import type { OwnerRecord, OwnerStatus } from '../token/token.ts'
import type { Context } from './context.ts'
import { readFilteredPage } from './filtered-page.ts'
import { foreignCursor, readOpaqueCursor, writeOpaqueCursor } from './opaque-cursor.ts'
import { pageOf } from './search-tokens.ts'
import { requireNoFault } from './valid-input.ts'

export interface OwnersRequest {
  /** The beginning of the id. Upper and lower case differ. */
  readonly prefix?: string | undefined
  /** One status, or several. Default: all. */
  readonly status?: OwnerStatus | readonly OwnerStatus[] | undefined
  /** How many, 1 to 100. Default 30. */
  readonly limit?: number | undefined
  /** The `nextCursor` of the previous page, with the same `prefix` and `status`. */
  readonly cursor?: string | undefined
}

/** A page in the order of the ids. With `status` it may have fewer than `limit` owners, and still a `nextCursor`. */
export interface OwnerList {
  readonly data: readonly OwnerRecord[]
  /** For the next page; `null` on the last one. */
  readonly nextCursor: string | null
}

/**
 * Lists the owners that have had a token or a status.
 *
 * @throws {InvalidInput} For an invalid prefix, limit or cursor.
 * @throws {InvalidOption} For a store without administration.
 */
export async function listOwners(
  { store }: Pick<Context, 'store'>,
  request: OwnersRequest,
): Promise<OwnerList> {
  const administration = administrationOf(store, 'the list of owners')
  const { prefix = '', status } = request
  if (prefix !== '') requireNoFault('prefix', userIdFault(prefix))
  const statuses = status === undefined ? undefined : [...new Set([status].flat())].sort()
  const list = ['owners', prefix, statuses ?? null]
  const { limit, cursor } = pageOf(request)
  const { rows, next } = await readFilteredPage<OwnerRecord, string>({
    limit,
    after: cursor === undefined ? null : readPosition(cursor, list),
    isFiltered: statuses !== undefined,
    read: (after, count) => administration.readOwners({ prefix, after, limit: count }),
    positionOf: ({ userId }) => userId,
    matches: (owner) => statuses?.includes(owner.status) !== false,
  })
  return { data: rows, nextCursor: next === null ? null : writeOpaqueCursor(list, [next]) }
}

/** The id is checked like one, because databases refuse some texts that JSON can contain. */
function readPosition(cursor: string, list: readonly unknown[]): string {
  const [userId, ...more] = readOpaqueCursor(cursor, list) ?? []
  if (typeof userId === 'string' && userIdFault(userId) === undefined && more.length === 0) return userId
  throw foreignCursor()
}
