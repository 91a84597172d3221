/** The state of the list: the position of the user, the last response and the last fault. */

import { Fault } from '../fault.ts'
import { type Place, readPlace, START, searchOf } from '../place.ts'
import type { Counts, Owner, Token } from '../token.ts'
import type { TokenClient } from '../token-client.ts'
import { RowUsage } from './row-usage.ts'

export const PAGE_SIZE = 30

const SLOW_MS = 5_000
const STALE_MS = 30_000

/** What this page adds to the browser's history state. */
interface Step {
  /** The cursors of the previous pages. */
  readonly apiTokensTrail?: readonly string[]
  /** Whether going back closes the details. */
  readonly apiTokensOpened?: boolean
}

export class TokenListing {
  place: Place = START
  /** The further owners; undefined until they are loaded. */
  owners: readonly Owner[] | undefined
  tokens: readonly Token[] = []
  /** The number on all pages; `null` if unknown. */
  total: number | null = null
  nextCursor: string | null = null
  counts: Counts | undefined
  fault: Fault | undefined
  /** Whether the loaded tokens belong to the current place. */
  loaded = false
  loading = false
  slow = false
  readonly usage: RowUsage
  client: TokenClient
  readonly #onChange: () => void
  #loadedAt = 0
  #abort = new AbortController()
  #beyond: Token | null | undefined

  constructor(client: TokenClient, onChange: () => void) {
    this.client = client
    this.#onChange = onChange
    this.usage = new RowUsage(onChange)
  }

  /** Loads the place that the URL names. */
  async start(): Promise<void> {
    this.place = readPlace(location.search)
    await this.load()
  }

  /** Goes to another part of the list. */
  async go(change: Partial<Place>, step: Step = {}): Promise<void> {
    this.#move(change, step)
    this.loaded = false
    await this.load()
  }

  /** Goes to the beginning of the list of this owner. */
  restart(owner = this.place.owner): Promise<void> {
    return this.go({ ...START, owner })
  }

  /** Loads the place of the URL after the browser went back or forward. */
  async follow(): Promise<void> {
    const before = this.place
    this.place = readPlace(location.search)
    if (searchOf({ ...before, token: '' }, '') === searchOf({ ...this.place, token: '' }, '')) {
      this.#onChange()
      return
    }
    this.loaded = false
    await this.load()
  }

  /** Replaces the history entry, so that typing does not add one for each character. */
  search(q: string): Promise<void> {
    this.#move({ q, cursor: '', page: 1 }, {}, 'replaceState')
    this.loaded = false
    return this.load()
  }

  nextPage(): Promise<void> {
    const { cursor, page } = this.place
    return this.go(
      { cursor: this.nextCursor ?? '', page: page + 1 },
      { apiTokensTrail: [...this.#trail, cursor] },
    )
  }

  firstPage(): Promise<void> {
    return this.go({ cursor: '', page: 1 })
  }

  /** Undefined if the previous cursor is unknown: a user who followed a link can only go to the first page. */
  get previousPage(): (() => Promise<void>) | undefined {
    const trail = this.#trail
    const cursor = trail.at(-1)
    if (cursor === undefined || this.place.page === 1) return undefined
    return () => this.go({ cursor, page: this.place.page - 1 }, { apiTokensTrail: trail.slice(0, -1) })
  }

  openDetails(id: string): void {
    if (this.place.token === id) return
    this.#move({ token: id }, { apiTokensTrail: this.#trail, apiTokensOpened: true })
    this.#onChange()
  }

  closeDetails(): void {
    if (this.place.token === '') return
    if (stepOf(history.state).apiTokensOpened) {
      this.place = { ...this.place, token: '' }
      history.back()
    } else {
      this.place = { ...this.place, token: '' }
      history.replaceState(history.state, '', location.pathname + searchOf(this.place, location.search))
    }
  }

  /** Whether the user has no tokens, not only none that match. */
  get isEmpty(): boolean {
    const { status, q, cursor } = this.place
    if (!this.loaded || this.tokens.length > 0 || this.nextCursor !== null) return false
    return status === 'all' && q === '' && cursor === ''
  }

  /** The token whose details are open: `null` while it is loading, `undefined` if it does not exist. */
  get detailed(): Token | null | undefined {
    return this.tokens.find(({ id }) => id === this.place.token) ?? this.#beyond
  }

  /** Fetches the token of the details if it is on another page of the list. */
  async fetchDetailed(): Promise<void> {
    const { token: id } = this.place
    if (this.tokens.some((token) => token.id === id)) return
    if (this.#beyond?.id !== id) this.#beyond = null
    this.#beyond = await this.client.get(id).catch(() => undefined)
    this.#onChange()
  }

  /** Replaces a changed token immediately; the next load updates the rest. */
  replace(token: Token): void {
    if (this.#beyond?.id === token.id) this.#beyond = token
    this.tokens = this.tokens.map((known) => (known.id === token.id ? token : known))
    this.#onChange()
  }

  /** Loads the list again. The current tokens stay visible until the response arrives. */
  async load(): Promise<void> {
    this.#abort.abort()
    const abort = new AbortController()
    this.#abort = abort
    this.loading = true
    this.slow = false
    this.#onChange()
    if (this.owners === undefined) void this.#loadOwners()
    const slow = setTimeout(() => {
      this.slow = true
      this.#onChange()
    }, SLOW_MS)
    try {
      await this.#ask(abort.signal)
    } catch (error) {
      if (abort.signal.aborted) return
      if (!(error instanceof Fault)) throw error
      // The cursor of a bookmark may be of another user or an earlier version: show the first page instead.
      if (error.kind === 'refused' && this.place.cursor !== '') {
        this.#move({ cursor: '', page: 1 }, {}, 'replaceState')
        return this.load()
      }
      this.fault = error
      if (error.kind === 'gone') this.#forget()
    } finally {
      clearTimeout(slow)
      if (this.#abort === abort) {
        this.loading = false
        this.slow = false
        this.#onChange()
      }
    }
    if (this.fault === undefined) void this.usage.load(this.client, this.tokens, abort.signal)
  }

  /** Loads again when the user returns to an old list. */
  refreshIfOld(): void {
    const stale = Date.now() - this.#loadedAt > STALE_MS
    if (document.visibilityState === 'visible' && stale) void this.load()
  }

  stop(): void {
    this.#abort.abort()
  }

  async #ask(signal: AbortSignal): Promise<void> {
    const { status, q, sort, cursor } = this.place
    const query = { status: status === 'all' ? undefined : status, q, sort, cursor, limit: PAGE_SIZE }
    // The list works without counts.
    const counting = q === '' ? this.client.counts(signal).catch(() => this.counts) : undefined
    const page = await this.client.fullList(query, signal)
    this.tokens = page.data
    this.total = page.total
    this.nextCursor = page.next_cursor
    this.fault = undefined
    this.loaded = true
    this.#loadedAt = Date.now()
    this.#onChange()
    const counts = await counting
    signal.throwIfAborted()
    this.counts = counts
  }

  /** The user manages no tokens of this owner: a membership has ended, or the URL is another user's. */
  #forget(): void {
    this.loaded = false
    this.tokens = []
    this.#beyond = undefined
    this.owners = this.owners?.filter(({ id }) => id !== this.place.owner)
    void this.#loadOwners()
  }

  /** Asked for the user, because the chosen owner may be unknown. The page works without the owners. */
  async #loadOwners(): Promise<void> {
    this.owners = await this.client.owners().catch(() => this.owners)
    this.#onChange()
  }

  #move(change: Partial<Place>, step: Step, how: 'pushState' | 'replaceState' = 'pushState'): void {
    this.place = { ...this.place, ...change }
    const others = { ...Object(history.state), apiTokensTrail: undefined, apiTokensOpened: undefined }
    history[how]({ ...others, ...step }, '', location.pathname + searchOf(this.place, location.search))
  }

  get #trail(): readonly string[] {
    return stepOf(history.state).apiTokensTrail ?? []
  }
}

function stepOf(state: unknown): Step {
  return Object(state) as Step
}
