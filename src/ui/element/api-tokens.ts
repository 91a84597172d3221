/** `<api-tokens>`: the API Tokens page. It connects the list, the dialogs and the browser events. */

import { html, LitElement, type PropertyDeclarations, type PropertyValues, type TemplateResult } from 'lit'
import type { MessageOverrides } from '../messages/messages.ts'
import type { ApiTokensElement } from './api-tokens-element.ts'
import { cardStyles } from './list/card-styles.ts'
import { listStyles } from './list/list-styles.ts'
import { listView } from './list/list-view.ts'
import { pagerStyles } from './list/pager.ts'
import { tabsStyles } from './list/status-tabs.ts'
import { TokenListing } from './list/token-listing.ts'
import type { RowAction } from './list/token-row.ts'
import { OtherTabs } from './other-tabs.ts'
import { PageActions } from './page-actions.ts'
import { type Dialogs, type PageDeps, rowOf } from './page-deps.ts'
import { pageHeader } from './page-header.ts'
import { pageStyles } from './page-styles.ts'
import { controls } from './styles/controls.ts'
import { forcedColors } from './styles/forced-colors.ts'
import { theme } from './styles/theme.ts'
import { Texts } from './texts.ts'
import { Toast } from './toast.ts'
import type { Token } from './token.ts'
import { TokenClient } from './token-client.ts'
import { switchStyles } from './token-fields/active-switch.ts'
import { sparklineStyles } from './token-fields/sparkline.ts'
import * as views from './views.ts'

const TYPING_MS = 250

export class ApiTokens extends LitElement implements ApiTokensElement {
  static override styles = [
    ...[theme, controls, forcedColors, pageStyles, tabsStyles, listStyles, cardStyles, pagerStyles],
    ...[switchStyles, sparklineStyles, views.viewsStyles],
  ]
  static override properties: PropertyDeclarations = {
    tokensUrl: { attribute: 'tokens-url' },
    signInUrl: { attribute: 'sign-in-url' },
    curlUrl: { attribute: 'curl-url' },
    messages: { type: Object },
    noHeading: { type: Boolean, attribute: 'no-heading' },
    lang: {},
    menu: { state: true },
    offline: { state: true },
  }

  declare tokensUrl: string
  declare signInUrl: string
  declare curlUrl: string
  declare messages: MessageOverrides
  declare noHeading: boolean
  /** The id of the token whose menu is open. */
  declare protected menu: string
  declare protected offline: boolean
  #texts = new Texts('en')
  #otherTabs: OtherTabs | undefined
  #typing: ReturnType<typeof setTimeout> | undefined
  #listeners = new AbortController()
  readonly #listing = new TokenListing(this.#client('/tokens'), () => this.requestUpdate())
  readonly #deps: PageDeps = {
    listing: this.#listing,
    toast: new Toast(() => this.requestUpdate()),
    texts: () => this.#texts,
    dialog: (name) => this.#dialog(name),
    find: async (selector) => {
      await this.updateComplete
      return this.renderRoot.querySelector<HTMLElement>(selector)
    },
    notifyOtherTabs: () => this.#otherTabs?.notify(),
  }
  readonly #actions = new PageActions(this.#deps)

  constructor() {
    super()
    this.tokensUrl = '/tokens'
    this.signInUrl = ''
    this.curlUrl = ''
    this.messages = {}
    this.noHeading = false
    this.menu = ''
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
    document.addEventListener('pointerdown', (event) => this.#onPointer(event), { signal })
    if (this.hasUpdated) this.#begin()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#listeners.abort()
    this.#otherTabs?.close()
    this.#listing.stop()
    this.#deps.toast.stop()
    clearTimeout(this.#typing)
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('lang') || changed.has('messages') || !this.hasUpdated) {
      const language = this.closest<HTMLElement>('[lang]')?.lang || document.documentElement.lang || 'en'
      this.#texts = new Texts(language, this.messages)
    }
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has('tokensUrl')) this.#begin()
  }

  override render(): TemplateResult {
    const texts = this.#texts
    switch (this.#listing.fault?.kind) {
      case 'not-available':
        return this.#frame(views.notAvailableView(texts, !this.noHeading))
      case 'signed-out':
        return this.#frame(html`${this.#header(false)} ${views.signedOutView(texts, this.signInUrl)}`)
      case 'gone':
        return this.#frame(html`${this.#header(false)} ${views.ownerGoneView(texts)}`)
      case 'deactivated':
        return this.#frame(html`${this.#header(false)} ${views.deactivatedView(texts)}`)
      default:
        return this.#frame(html`${this.#header(!this.#listing.isEmpty)} ${this.#list()}`)
    }
  }

  /** The dialogs are always rendered: a credential that is not copied yet must survive the end of the session. */
  #frame(content: TemplateResult): TemplateResult {
    const texts = this.#texts
    const { client, detailed } = this.#listing
    const curlUrl = new URL(this.curlUrl || `${this.tokensUrl}/current`, location.href).href
    return html`<div class="page">${content}</div>
      ${this.#deps.toast.render()}
      <api-tokens-details
        .texts=${texts}
        .client=${client}
        .token=${detailed}
        .actions=${this.#actions.inDetails}
        ?locked=${this.offline}
      ></api-tokens-details>
      <api-tokens-generate .texts=${texts} .client=${client}></api-tokens-generate>
      <api-tokens-rotate .texts=${texts} .client=${client}></api-tokens-rotate>
      <api-tokens-revoke .texts=${texts} .client=${client}></api-tokens-revoke>
      <api-tokens-credential .texts=${texts} .curlUrl=${curlUrl}></api-tokens-credential>`
  }

  #header(withGenerate: boolean): TemplateResult {
    const { noHeading, offline } = this
    const onGenerate = withGenerate ? () => void this.#actions.generate() : undefined
    return pageHeader({
      ...{ listing: this.#listing, texts: this.#texts, noHeading, offline, onGenerate },
      onOwner: (id) => void this.#listing.restart(id).then(() => this.#focus('#owner')),
    })
  }

  #list(): TemplateResult {
    return listView({
      listing: this.#listing,
      texts: this.#texts,
      offline: this.offline,
      row: {
        menu: this.menu,
        onSwitch: (token) => void this.#actions.switch(token),
        onAction: (action, token) => void this.#act(action, token),
        onMenu: (id) => {
          this.menu = id
          void this.#focus('[role="menuitem"]')
        },
      },
      onGenerate: () => void this.#actions.generate(),
      onSearch: (text) => {
        clearTimeout(this.#typing)
        this.#typing = setTimeout(() => void this.#listing.search(text.trim()), TYPING_MS)
      },
      onClear: () => void this.#listing.restart().then(() => this.#focus('[name="q"]')),
      onTurn: (turn) => void turn?.().then(() => this.#focus('tbody [data-action="details"]')),
    })
  }

  #client(url: string): TokenClient {
    return new TokenClient(url, () => this.#listing.place.owner)
  }

  #begin(): void {
    this.#listing.client = this.#client(this.tokensUrl)
    this.#otherTabs?.close()
    this.#otherTabs = new OtherTabs(this.tokensUrl, () => void this.#onOtherTabChange())
    void this.#listing.start().then(() => this.#showDetails())
  }

  async #act(action: RowAction, token: Token): Promise<void> {
    // Focus returns to the menu's button first, because it would be lost when the menu closes.
    if (this.menu !== '') await this.#focus(`${rowOf(token.id)} [data-action="menu"]`)
    this.menu = ''
    if (action === 'rotate') return this.#actions.rotate(token)
    if (action === 'revoke') return this.#actions.revoke(token)
    this.#listing.openDetails(token.id)
    return this.#showDetails(action === 'rename')
  }

  /** Opens the details that the URL names. */
  async #showDetails(edit = false): Promise<void> {
    const { place, fault } = this.#listing
    const dialog = this.#dialog('details')
    if (place.token === '' || fault !== undefined || dialog.isOpen) return
    void this.#listing.fetchDetailed()
    await this.updateComplete
    await dialog.show(place.token, edit)
    this.#listing.closeDetails()
  }

  async #focus(selector: string): Promise<void> {
    const target = await this.#deps.find(selector)
    target?.focus()
  }

  #onLine(online: boolean): void {
    this.offline = !online
    if (online) void this.refresh()
  }

  async #onPopState(): Promise<void> {
    const { owner } = this.#listing.place
    const following = this.#listing.follow()
    // Its token would be another owner's.
    if (this.#listing.place.owner !== owner) this.#dialog('generate').leave()
    await following
    if (this.#listing.place.token === '') this.#dialog('details').close()
    else await this.#showDetails()
  }

  #onPointer(event: PointerEvent): void {
    if (this.menu === '') return
    const inMenu = event.composedPath().some((node) => node instanceof Element && node.matches('.menu'))
    if (!inMenu) this.menu = ''
  }

  /** Reloads after a change in another tab. */
  async #onOtherTabChange(): Promise<void> {
    await this.refresh()
    if (this.#listing.place.token !== '') await this.#listing.fetchDetailed()
  }

  #dialog<Name extends keyof Dialogs>(name: Name): Dialogs[Name] {
    const dialog = this.renderRoot.querySelector<Dialogs[Name]>(`api-tokens-${name}`)
    if (dialog === null) throw new Error(`<api-tokens> has no ${name} dialog`)
    return dialog
  }
}
