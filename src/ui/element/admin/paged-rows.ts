/** The rows of a list that grows page by page. Pages may be short or empty without being the last one. */

import { Fault } from '../fault.ts'
import type { AdminPage } from './admin-token.ts'

export const PAGE_SIZE = 100

/** A search asks for this many rows at least, and sends this many requests at most: then the administrator decides. */
const ENOUGH_ROWS = 30
const MAX_REQUESTS = 5
/** So many requests load again what is shown. */
const MAX_RELOADS = 20
const SLOW_MS = 5_000

export type FetchRows<Row> = (cursor: string, limit: number, signal: AbortSignal) => Promise<AdminPage<Row>>

export class PagedRows<Row> {
  rows: readonly Row[] = []
  nextCursor: string | null = null
  fault: Fault | undefined
  /** Whether the rows belong to the current filters. */
  loaded = false
  loading = false
  slow = false
  /** Whether the last response had fewer rows than it could have, although there may be more. */
  short = false
  readonly #fetch: FetchRows<Row>
  readonly #onChange: () => void
  #abort = new AbortController()

  constructor(fetch: FetchRows<Row>, onChange: () => void) {
    this.#fetch = fetch
    this.#onChange = onChange
  }

  /** Forgets the rows, of other filters. */
  reset(): void {
    this.#abort.abort()
    this.rows = []
    this.nextCursor = null
    this.fault = undefined
    this.loaded = false
  }

  /** Loads as many rows as are shown, but a page at least. The current rows stay until the response arrives. */
  async load(): Promise<void> {
    const wanted = this.rows.length
    await this.#run(async (signal) => {
      this.rows = await this.#gather('', wanted, wanted === 0 ? MAX_REQUESTS : MAX_RELOADS, signal)
    })
  }

  /** Appends the next page. */
  async more(): Promise<void> {
    const { nextCursor } = this
    if (nextCursor === null || this.loading) return
    await this.#run(async (signal) => {
      this.rows = [...this.rows, ...(await this.#gather(nextCursor, 0, MAX_REQUESTS, signal))]
    })
  }

  replace(row: Row, isSame: (other: Row) => boolean): void {
    this.rows = this.rows.map((known) => (isSame(known) ? row : known))
    this.#onChange()
  }

  stop(): void {
    this.#abort.abort()
  }

  async #gather(first: string, wanted: number, requests: number, signal: AbortSignal): Promise<Row[]> {
    const rows: Row[] = []
    let cursor = first
    for (let sent = 0; sent < requests; sent += 1) {
      const page = await this.#fetch(cursor, PAGE_SIZE, signal)
      rows.push(...page.data)
      this.nextCursor = page.next_cursor
      this.short = page.next_cursor !== null && page.data.length < PAGE_SIZE
      const enough = rows.length >= Math.max(wanted, ENOUGH_ROWS)
      if (page.next_cursor === null || enough) break
      cursor = page.next_cursor
    }
    return rows
  }

  async #run(load: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.#abort.abort()
    const abort = new AbortController()
    this.#abort = abort
    this.loading = true
    this.slow = false
    this.#onChange()
    const slow = setTimeout(() => {
      this.slow = true
      this.#onChange()
    }, SLOW_MS)
    try {
      await load(abort.signal)
      this.fault = undefined
      this.loaded = true
    } catch (error) {
      if (abort.signal.aborted) return
      if (!(error instanceof Fault)) throw error
      this.fault = error
    } finally {
      clearTimeout(slow)
      if (this.#abort === abort) {
        this.loading = false
        this.slow = false
        this.#onChange()
      }
    }
  }
}
