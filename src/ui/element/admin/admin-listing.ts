/** The state of the page: the administrator's place, the lists, the chosen owner and the selection. */

import { Fault } from '../fault.ts'
import { hasEnded } from '../token.ts'
import type { AdminClient } from './admin-client.ts'
import { ADMIN_START, type AdminPlace, adminSearchOf, readAdminPlace, searchQueryOf } from './admin-place.ts'
import { type AdminToken, MAX_IDS, type OwnerRow } from './admin-token.ts'
import { PagedRows } from './paged-rows.ts'

const STALE_MS = 30_000

/** What this page adds to the browser's history state. */
interface Step {
  /** Whether going back closes the details. */
  readonly apiTokensOpened?: boolean
}

export class AdminListing {
  place: AdminPlace = ADMIN_START
  client: AdminClient
  readonly tokens: PagedRows<AdminToken>
  readonly owners: PagedRows<OwnerRow>
  /** The owner of the place: `null` while it is loading, `undefined` if it is unknown. */
  owner: OwnerRow | Fault | null | undefined = null
  /** The ids of the selected tokens. */
  selected: ReadonlySet<string> = new Set()
  readonly #onChange: () => void
  #loadedAt = 0
  #beyond: AdminToken | null | undefined

  constructor(client: AdminClient, onChange: () => void) {
    this.client = client
    this.#onChange = onChange
    this.tokens = new PagedRows(
      (cursor, limit, signal) => this.client.search({ ...searchQueryOf(this.place), cursor, limit }, signal),
      onChange,
    )
    this.owners = new PagedRows(
      (cursor, limit, signal) =>
        this.client.owners(
          { prefix: this.place.prefix, status: this.place.owner_status, cursor, limit },
          signal,
        ),
      onChange,
    )
  }

  /** The list of the view. */
  get rows(): PagedRows<AdminToken> | PagedRows<OwnerRow> {
    return this.place.view === 'owners' ? this.owners : this.tokens
  }

  /** Loads the place that the URL names. */
  async start(): Promise<void> {
    this.place = readAdminPlace(location.search)
    this.#forget()
    await this.load()
  }

  /** Goes to another list. */
  async go(change: Partial<AdminPlace>): Promise<void> {
    this.#move(change)
    this.#forget()
    await this.load()
  }

  /** Goes to the list without filters, or with only these. */
  restart(change: Partial<AdminPlace> = {}): Promise<void> {
    return this.go({ ...ADMIN_START, ...change })
  }

  /** Loads the place of the URL after the browser went back or forward. */
  async follow(): Promise<void> {
    const before = this.place
    this.place = readAdminPlace(location.search)
    if (adminSearchOf({ ...before, token: '' }, '') === adminSearchOf({ ...this.place, token: '' }, '')) {
      this.#onChange()
      return
    }
    this.#forget()
    await this.load()
  }

  /** Loads the list again. The current rows stay visible until the response arrives. */
  async load(): Promise<void> {
    const owner = this.#loadOwner()
    // A changed token may no longer match the filters, but its details stay open.
    this.#beyond = this.detailed
    await this.rows.load()
    this.#loadedAt = Date.now()
    const running = this.tokens.rows.filter((token) => !hasEnded(token)).map(({ id }) => id)
    this.selected = this.selected.intersection(new Set(running))
    if (this.#beyond?.id === this.place.token) await this.fetchDetailed()
    await owner
    this.#onChange()
  }

  /** Loads again when the administrator returns to an old list. */
  refreshIfOld(): void {
    const stale = Date.now() - this.#loadedAt > STALE_MS
    if (document.visibilityState === 'visible' && stale) void this.load()
  }

  /** The shown tokens that can be selected. */
  get selectable(): readonly AdminToken[] {
    return this.tokens.rows.filter((token) => !hasEnded(token))
  }

  get selectedTokens(): readonly AdminToken[] {
    return this.tokens.rows.filter(({ id }) => this.selected.has(id))
  }

  /** Selects or deselects, up to the number that one request may revoke. */
  select(ids: Iterable<string>): void {
    this.selected = new Set([...ids].slice(0, MAX_IDS))
    this.#onChange()
  }

  openDetails(id: string): void {
    if (this.place.token === id) return
    this.#move({ token: id }, { apiTokensOpened: true })
    this.#onChange()
  }

  closeDetails(): void {
    if (this.place.token === '') return
    this.place = { ...this.place, token: '' }
    if ((Object(history.state) as Step).apiTokensOpened) history.back()
    else
      history.replaceState(history.state, '', location.pathname + adminSearchOf(this.place, location.search))
  }

  /** The token whose details are open: `null` while it is loading, `undefined` if it does not exist. */
  get detailed(): AdminToken | null | undefined {
    return this.tokens.rows.find(({ id }) => id === this.place.token) ?? this.#beyond
  }

  /** Fetches the token of the details if the list does not show it. */
  async fetchDetailed(): Promise<void> {
    const { token: id } = this.place
    if (this.tokens.rows.some((token) => token.id === id)) return
    if (this.#beyond?.id !== id) this.#beyond = null
    this.#beyond = await this.client.get(id).catch((error: unknown) => {
      const isGone = error instanceof Fault && error.kind === 'gone'
      // Otherwise the known token stays.
      return isGone ? undefined : (this.#beyond ?? undefined)
    })
    this.#onChange()
  }

  /** Replaces a changed token immediately; the next load updates the rest. */
  replace(token: AdminToken): void {
    if (this.#beyond?.id === token.id) this.#beyond = token
    this.tokens.replace(token, ({ id }) => id === token.id)
  }

  stop(): void {
    this.tokens.stop()
    this.owners.stop()
  }

  async #loadOwner(): Promise<void> {
    const { user_id: id } = this.place
    if (id === '') return
    const owner = await this.client.owner(id).catch((error: unknown) => {
      if (!(error instanceof Fault)) throw error
      return error.kind === 'gone' ? undefined : error
    })
    if (this.place.user_id !== id) return
    this.owner = owner
    this.#onChange()
  }

  #forget(): void {
    this.selected = new Set()
    this.owner = null
    this.rows.reset()
  }

  #move(change: Partial<AdminPlace>, step: Step = {}): void {
    this.place = { ...this.place, ...change }
    const state = { ...Object(history.state), apiTokensOpened: undefined, ...step }
    history.pushState(state, '', location.pathname + adminSearchOf(this.place, location.search))
  }
}
