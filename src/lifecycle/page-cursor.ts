/**
 * The cursor of a page: an opaque string that names a position in one list. It is not secret and grants nothing. Every
 * member is checked like its field, because databases refuse some texts that JSON can contain.
 */

import type { PagePosition, SortField, Stretch } from '../store/token-store.ts'
import { isTokenId } from '../token/claims.ts'
import { searchFault } from '../token/text.ts'
import { foreignCursor, isStorableTime, readOpaqueCursor, writeOpaqueCursor } from './opaque-cursor.ts'

/** The list that a cursor belongs to. With another user, sort or filter it is refused. */
export interface CursorList {
  readonly userId: string
  readonly sort: SortField
  readonly descending: boolean
  readonly statuses?: readonly string[] | undefined
  readonly text?: string | undefined
}

/** The cursor of the page after this position. */
export function writeCursor(list: CursorList, { value, id, stretch }: PagePosition): string {
  const position = [value, id, ...(stretch === undefined ? [] : [stretch.first, stretch.last])]
  return writeOpaqueCursor(listMembers(list), position)
}

/** @throws {InvalidInput} For anything but a cursor of this list. */
export function readCursor(cursor: unknown, list: CursorList): PagePosition {
  const [value, id, ...ends] = readOpaqueCursor(cursor, listMembers(list)) ?? []
  const stretch = ends.length === 0 ? undefined : stretchOf(ends)
  if (!isId(id) || stretch === null || !isValueOf(list.sort, value, stretch)) throw foreignCursor()
  return { value, id, ...(stretch === undefined ? {} : { stretch }) }
}

function listMembers({ userId, sort, descending, statuses, text }: CursorList): readonly unknown[] {
  return [userId, sort, descending, statuses?.toSorted() ?? null, text ?? null]
}

function stretchOf([first, last, ...more]: readonly unknown[]): Stretch | null {
  return isId(first) && (last === null || isId(last)) && more.length === 0 ? { first, last } : null
}

function isId(id: unknown): id is string {
  return typeof id === 'string' && isTokenId(id)
}

/** Whether the value fits the sort field, with a stretch if the field needs one. */
function isValueOf(
  sort: SortField,
  value: unknown,
  stretch: Stretch | undefined,
): value is PagePosition['value'] {
  switch (sort) {
    case 'created_at':
      return value === null && stretch === undefined
    case 'name':
      return (value === '' || searchFault(value) === undefined) && stretch === undefined
    case 'last_used_at':
      return stretch === undefined ? value === null : isStorableTime(value)
    default:
      return sort satisfies never
  }
}
