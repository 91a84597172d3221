/** Reads a page of rows that are filtered after they were read: a bounded number of rows, in slices. */

import { setImmediate as nextTurn } from 'node:timers/promises'

/** How many rows one statement reads. On SQLite a statement blocks the thread, and with it all requests. */
const SLICE = 100
/** How many rows are read for a page, at most. */
const MAX_ROWS_READ = 1_000

export interface FilteredPage<Row, Position> {
  /** How many rows the page has, at most. */
  readonly limit: number
  readonly after: Position | null
  /** Whether filters may leave out most rows. Otherwise the first statement reads no more than the page needs. */
  readonly isFiltered: boolean
  read(after: Position | null, limit: number): Promise<readonly Row[]>
  positionOf(row: Row): Position
  matches(row: Row): boolean
  /** Whether this row and all later ones do not match. */
  isPast?(row: Row): boolean
}

/** The rows that match, and the position after which the next page begins; `null` when nothing is left to read. */
export async function readFilteredPage<Row, Position>(
  page: FilteredPage<Row, Position>,
): Promise<{ readonly rows: readonly Row[]; readonly next: Position | null }> {
  const { limit } = page
  const rows: Row[] = []
  let after = page.after
  let size = page.isFiltered ? SLICE : limit + 1
  for (let read = 0; read < MAX_ROWS_READ; read += size, size = Math.min(SLICE, MAX_ROWS_READ - read)) {
    const slice = await page.read(after, size)
    for (const row of slice) {
      if (page.isPast?.(row) === true) return { rows, next: null }
      if (rows.length === limit) return { rows, next: after }
      after = page.positionOf(row)
      if (page.matches(row)) rows.push(row)
    }
    if (slice.length < size) return { rows, next: null }
    if (rows.length === limit) break
    await nextTurn()
  }
  return { rows, next: after }
}
