/** Where the next page begins, as an opaque string. It names a place in an order and grants nothing. */

import { InvalidInput } from '../errors.ts'
import type { PagePosition } from '../store/token-store.ts'
import { isTokenId } from '../token/claims.ts'

/** A cursor for the page behind this position, in that order. */
export function writeCursor(sort: string, { value, id }: PagePosition): string {
  return Buffer.from(JSON.stringify([sort, value, id])).toString('base64url')
}

/** @throws {InvalidInput} For anything but a cursor of a list in that order. */
export function readCursor(cursor: string, sort: string): PagePosition {
  const [of, value, id, ...more] = parseList(cursor)
  if (
    of !== sort ||
    more.length > 0 ||
    !isSortValue(sort, value) ||
    typeof id !== 'string' ||
    !isTokenId(id)
  ) {
    throw new InvalidInput('cursor is not one of this list')
  }
  return { value, id }
}

function parseList(cursor: string): unknown[] {
  try {
    const list: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    return Array.isArray(list) ? list : []
  } catch {
    return []
  }
}

function isSortValue(sort: string, value: unknown): value is PagePosition['value'] {
  if (sort.endsWith('created_at')) return value === null
  if (sort.endsWith('name')) return typeof value === 'string'
  return Number.isSafeInteger(value)
}
