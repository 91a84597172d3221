/**
 * The cursor of a page: an opaque string that names a position in one list. It is not secret and grants nothing. Every
 * member is checked like its field, because databases refuse some texts that JSON can contain.
 */

import { createHash } from 'node:crypto'
import { InvalidInput } from '../errors.ts'
import type { PagePosition, SortField, Stretch } from '../store/token-store.ts'
import { isTokenId } from '../token/claims.ts'
import { searchFault } from '../token/text.ts'

/** The list that a cursor belongs to. With another user, sort or filter it is refused. */
export interface CursorList {
  readonly userId: string
  readonly sort: SortField
  readonly descending: boolean
  readonly statuses?: readonly string[] | undefined
  readonly text?: string | undefined
}

/** The latest time that every database can store. */
const LAST_MOMENT = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/** The cursor of the page after this position. */
export function writeCursor(list: CursorList, { value, id, stretch }: PagePosition): string {
  const members = [digestOf(list), value, id, ...(stretch === undefined ? [] : [stretch.first, stretch.last])]
  return Buffer.from(JSON.stringify(members)).toString('base64url')
}

/** @throws {InvalidInput} For anything but a cursor of this list. */
export function readCursor(cursor: unknown, list: CursorList): PagePosition {
  const [digest, value, id, ...ends] = membersOf(cursor)
  const stretch = ends.length === 0 ? undefined : stretchOf(ends)
  if (digest !== digestOf(list) || !isId(id) || stretch === null || !isValueOf(list.sort, value, stretch)) {
    throw new InvalidInput('cursor belongs to another list')
  }
  return { value, id, ...(stretch === undefined ? {} : { stretch }) }
}

function membersOf(cursor: unknown): unknown[] {
  if (typeof cursor !== 'string') return []
  try {
    const members: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    return Array.isArray(members) ? members : []
  } catch {
    return []
  }
}

function digestOf({ userId, sort, descending, statuses, text }: CursorList): string {
  const list = JSON.stringify([userId, sort, descending, statuses?.toSorted() ?? null, text ?? null])
  return createHash('sha256').update(list).digest('base64url').slice(0, 16)
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
      return stretch === undefined ? value === null : isMoment(value)
    default:
      return sort satisfies never
  }
}

function isMoment(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= LAST_MOMENT
}
