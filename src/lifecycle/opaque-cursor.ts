/**
 * The text of a cursor: a digest of the list that it belongs to, and a position in it. It is not secret and grants nothing:
 * the caller checks every member of the position.
 */

import { createHash } from 'node:crypto'
import { InvalidInput } from '../errors.ts'
import { dayNumberOf } from '../utc-day.ts'

/** The latest time that every database can store. */
const LAST_MOMENT = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/** @param list All that the list depends on: owner, filters and sort. */
export function writeOpaqueCursor(list: readonly unknown[], position: readonly unknown[]): string {
  return Buffer.from(JSON.stringify([digestOf(list), ...position])).toString('base64url')
}

/** The members of the position; `undefined` for anything but a cursor of this list. */
export function readOpaqueCursor(cursor: unknown, list: readonly unknown[]): unknown[] | undefined {
  const [digest, ...position] = membersOf(cursor)
  return digest === digestOf(list) ? position : undefined
}

/** The error for a text that is not a cursor, or is one of another list. */
export function foreignCursor(): Error {
  return new InvalidInput('cursor belongs to another list')
}

/** Whether a member of a position is a time that every database can store. */
export function isStorableTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= LAST_MOMENT
}

/** Whether a member of a position is the number of a day since the epoch. */
export function isStorableDay(value: unknown): value is number {
  return isStorableTime(value) && value <= dayNumberOf(LAST_MOMENT)
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

function digestOf(list: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(list)).digest('base64url').slice(0, 16)
}
