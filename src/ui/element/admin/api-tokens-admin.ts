/** `<api-tokens-admin>`: the administration page. It connects the lists, the dialogs and the browser events. */

import {
  html,
  LitElement,
  nothing,
  type PropertyDeclarations,
  type PropertyValues,
  type TemplateResult,
} from 'lit'
import type { AdminMessageOverrides } from '../../messages/messages.ts'
import { cardStyles } from '../list/card-styles.ts'
import { listStyles } from '../list/list-styles.ts'
import { pageStyles } from '../page-styles.ts'
import { controls } from '../styles/controls.ts'
import { forcedColors } from '../styles/forced-colors.ts'
import * as icons from '../styles/icons.ts'
import { theme } from '../styles/theme.ts'
import { Toast } from '../toast.ts'
import * as views from '../views.ts'
import { AdminActions, type AdminDeps, type AdminDialogs } from './admin-actions.ts'
import { AdminClient } from './admin-client.ts'
import { adminList } from './admin-list.ts'
import { AdminListing } from './admin-listing.ts'
import type { AdminPlace } from './admin-place.ts'
import { adminStyles } from './admin-styles.ts'
import { adminTexts } from './admin-texts.ts'
import type { ApiTokensAdminElement } from './api-tokens-admin-element.ts'
import { filterStyles } from './filter-bar.ts'
import { inPageLink } from './in-page-link.ts'
import { ownerPanelStyles } from './owner-panel.ts'

export class ApiTokensAdmin extends LitElement implements ApiTokensAdminElement {
  static override styles = [
    ...[theme, controls, forcedColors, pageStyles, listStyles, cardStyles, views.viewsStyles],
    ...[filterStyles, ownerPanelStyles, adminStyles],
  ]
  static override properties: PropertyDeclarations = {
    adminUrl: { attribute: 'admin-url' },
    signInUrl: { attribute: 'sign-in-url' },
    curlUrl: { attribute: 'curl-url' },
    messages: { type: Object },
    noHeading: { type: Boolean, attribute: 'no-heading' },
    lang: {},
    offline: { state: true },
  }

  declare adminUrl: string
  declare signInUrl: string
  declare curlUrl: string
  declare messages: AdminMessageOverrides
  declare noHeading: boolean
  declare protected offline: boolean
  #texts = adminTexts('en', {})
  #listeners = new AbortController()
  readonly #listing = new AdminListing(new AdminClient('/admin/tokens'), () => this.requestUpdate())
  readonly #deps: AdminDeps = {
    listing: this.#listing,
    toast: new Toast(() => this.requestUpdate()),
    texts: () => this.#texts,
    dialog: (name) => this.#dialog(name),
    focus: (...selectors) => this.#focus(...selectors),
  }
  readonly #actions = new AdminActions(this.#deps)

  constructor() {
    super()
    this.adminUrl = '/admin/tokens'
    this.signInUrl = ''
    this.curlUrl = ''
    this.messages = {}
    this.noHeading = false
    this.offline = false
  }

  async refresh(): Promise<void> {
    await this.#listing.load()
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.#listeners = new AbortController()
    const { signal } = this.#listeners
    this.offline = !navigator.onLine
    window.addEventListener('offline', () => this.#onLine(false), { signal })
    window.addEventListener('online', () => this.#onLine(true), { signal })
    window.addEventListener('popstate', () => this.#onPopState(), { signal })
    document.addEventListener('visibilitychange', () => this.#listing.refreshIfOld(), { signal })
    if (this.hasUpdated) this.#begin()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#listeners.abort()
    this.#listing.stop()
    this.#deps.toast.stop()
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('lang') || changed.has('messages') || !this.hasUpdated) {
      const language = this.closest<HTMLElement>('[lang]')?.lang || document.documentElement.lang || 'en'
      this.#texts = adminTexts(language, this.messages)
    }
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has('adminUrl')) this.#begin()
  }

  override render(): TemplateResult {
    const texts = this.#texts
    switch (this.#listing.rows.fault?.kind) {
      case 'not-available':
        return this.#frame(views.notAvailableView(texts, !this.noHeading))
      case 'signed-out':
        return this.#frame(html`${this.#header(false)} ${views.signedOutView(texts, this.signInUrl)}`)
      default:
        return this.#frame(html`${this.#header(true)} ${this.#tabs()} ${this.#list()}`)
    }
  }

  /** The dialogs are always rendered: a credential that is not copied yet must survive the end of the session. */
  #frame(content: TemplateResult): TemplateResult {
    const texts = this.#texts
    const { client, detailed } = this.#listing
    const curlUrl = new URL(this.curlUrl || '/tokens/current', location.href).href
    return html`<div class="page">${content}</div>
      ${this.#deps.toast.render()}
      <api-tokens-admin-details
        .texts=${texts}
        .client=${client}
        .token=${detailed}
        .actions=${this.#actions.inDetails}
        ?locked=${this.offline}
      ></api-tokens-admin-details>
      <api-tokens-admin-issue .texts=${texts} .client=${client}></api-tokens-admin-issue>
      <api-tokens-admin-leaked .texts=${texts} .client=${client}></api-tokens-admin-leaked>
      <api-tokens-admin-limits .texts=${texts} .client=${client}></api-tokens-admin-limits>
      <api-tokens-admin-owner .texts=${texts} .client=${client}></api-tokens-admin-owner>
      <api-tokens-admin-revoke .texts=${texts} .client=${client}></api-tokens-admin-revoke>
      <api-tokens-credential .texts=${texts} .curlUrl=${curlUrl}></api-tokens-credential>`
  }

  #header(withActions: boolean): TemplateResult {
    const texts = this.#texts
    const { noHeading, offline } = this
    const unlessOffline = (act: () => Promise<void>) => () => void (offline || act())
    return html`<header>
      <div>
        ${noHeading ? nothing : html`<h1>${texts.say('title')}</h1>`}
        <p class="muted">${texts.say('introduction')}</p>
      </div>
      ${
        withActions
          ? html`<div class="buttons">
              <button
                type="button"
                data-action="leaked"
                aria-disabled=${offline}
                @click=${unlessOffline(() => this.#actions.revokeLeaked())}
              >
                ${texts.say('findLeaked')}
              </button>
              <button
                type="button"
                class="primary"
                data-action="issue"
                aria-disabled=${offline}
                @click=${unlessOffline(() => this.#actions.issue())}
              >
                ${icons.plus}${texts.say('issueNew')}
              </button>
            </div>`
          : nothing
      }
    </header>`
  }

  #tabs(): TemplateResult {
    const texts = this.#texts
    const { view } = this.#listing.place
    const link = (change: Partial<AdminPlace>, name: 'viewTokens' | 'viewOwners', current: boolean) =>
      inPageLink({ change, current, content: texts.say(name), action: name, onGo: (to) => this.#go(to) })
    return html`<nav class="views" aria-label=${texts.say('views')}>
      ${link({}, 'viewTokens', view === 'tokens')} ${link({ view: 'owners' }, 'viewOwners', view === 'owners')}
    </nav>`
  }

  #list(): TemplateResult {
    return adminList({
      listing: this.#listing,
      texts: this.#texts,
      offline: this.offline,
      onGo: (change) => this.#go(change),
      onFilter: (filters) => void this.#listing.go(filters).then(() => this.#focus('#list')),
      onDetails: (token) => {
        this.#listing.openDetails(token.id)
        void this.#showDetails()
      },
      onOwnerAction: (action) => void this.#actions.changeOwner(action),
      onRevoke: () => void this.#actions.revokeSelected(),
      onMore: () => void this.#more(),
    })
  }

  /** Goes to another list, and to its heading. */
  #go(change: Partial<AdminPlace>): void {
    void this.#listing.restart(change).then(() => this.#focus('#owner-title', '#list'))
  }

  /** Focus moves to the first new row, because the button may disappear. */
  async #more(): Promise<void> {
    const { rows } = this.#listing.rows
    const before = rows.length
    await this.#listing.rows.more()
    await this.updateComplete
    const added = this.renderRoot.querySelectorAll<HTMLElement>('tbody tr')[before]
    const target = added?.querySelector<HTMLElement>('th button, th a')
    if (target === null || target === undefined) return this.#focus('[data-action="more"]', '#list')
    target.focus()
  }

  #begin(): void {
    this.#listing.client = new AdminClient(this.adminUrl)
    void this.#listing.start().then(() => this.#showDetails())
  }

  /** Opens the details that the URL names. */
  async #showDetails(): Promise<void> {
    const { place, rows } = this.#listing
    const dialog = this.#dialog('admin-details')
    if (place.token === '' || rows.fault !== undefined || dialog.isOpen) return
    void this.#listing.fetchDetailed()
    await this.updateComplete
    await dialog.show(place.token)
    this.#listing.closeDetails()
  }

  async #focus(...selectors: readonly string[]): Promise<void> {
    await this.updateComplete
    for (const selector of selectors) {
      const target = this.renderRoot.querySelector<HTMLElement>(selector)
      if (target !== null) return target.focus()
    }
  }

  #onLine(online: boolean): void {
    this.offline = !online
    if (online) void this.refresh()
  }

  async #onPopState(): Promise<void> {
    await this.#listing.follow()
    if (this.#listing.place.token === '') this.#dialog('admin-details').close()
    else await this.#showDetails()
  }

  #dialog<Name extends keyof AdminDialogs>(name: Name): AdminDialogs[Name] {
    const dialog = this.renderRoot.querySelector<AdminDialogs[Name]>(`api-tokens-${name}`)
    if (dialog === null) throw new Error(`<api-tokens-admin> has no ${name} dialog`)
    return dialog
  }
}
