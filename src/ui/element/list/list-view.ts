/** The list with search, sort order, tabs, banners, tokens and pager. */

import { html, nothing, type TemplateResult } from 'lit'
import type { MessageName } from '../../messages/messages.ts'
import { sayFault } from '../fault.ts'
import { SORTS } from '../place.ts'
import * as icons from '../styles/icons.ts'
import type { Texts } from '../texts.ts'
import * as views from '../views.ts'
import { pager } from './pager.ts'
import { statusTabs } from './status-tabs.ts'
import { PAGE_SIZE, type TokenListing } from './token-listing.ts'
import type { RowContext } from './token-row.ts'
import { tokenTable } from './token-table.ts'

export interface ListView {
  readonly listing: TokenListing
  readonly texts: Texts
  readonly offline: boolean
  readonly row: Pick<RowContext, 'menu' | 'onSwitch' | 'onAction' | 'onMenu'>
  readonly onGenerate: () => void
  readonly onSearch: (text: string) => void
  /** Clears search and tab. */
  readonly onClear: () => void
  /** Turns to another page. */
  readonly onTurn: (turn: (() => Promise<void>) | undefined) => void
}

const SORT_NAMES: Readonly<Record<(typeof SORTS)[number], MessageName>> = {
  '-created_at': 'sortNewest',
  created_at: 'sortOldest',
  name: 'sortName',
  '-last_used_at': 'sortLastUsed',
}

export function listView(view: ListView): TemplateResult {
  const { place, isEmpty } = view.listing
  if (isEmpty) return html`${banner(view)} <div class="panel">${content(view)}</div>`
  return html`${tools(view)} ${banner(view)}
    <div class="panel" role="tabpanel" id="panel" aria-labelledby="tab-${place.status}">${content(view)}</div>`
}

function tools({ listing, texts, onSearch }: ListView): TemplateResult {
  const { place, counts } = listing
  const onSort = (event: Event) => {
    const sort = SORTS.find((known) => known === (event.target as HTMLSelectElement).value)
    if (sort !== undefined) void listing.go({ sort, cursor: '', page: 1 })
  }
  const onChoose = (status: typeof place.status) => void listing.go({ status, cursor: '', page: 1 })
  return html`<div class="tools">
      <div class="find">
        ${icons.search}
        <input
          type="search"
          name="q"
          maxlength="100"
          autocomplete="off"
          spellcheck="false"
          aria-label=${texts.say('search')}
          placeholder=${texts.say('searchHint')}
          .value=${place.q}
          @input=${(event: Event) => onSearch((event.target as HTMLInputElement).value)}
        />
      </div>
      <select name="sort" aria-label=${texts.say('sort')} @change=${onSort}>
        ${SORTS.map(
          (sort) =>
            html`<option value=${sort} .selected=${sort === place.sort}>${texts.say(SORT_NAMES[sort])}</option>`,
        )}
      </select>
    </div>
    ${statusTabs({ chosen: place.status, counts, texts, onChoose })}`
}

function banner({ listing, texts, offline }: ListView): unknown {
  const { fault, loaded } = listing
  if (!loaded) return nothing
  if (offline) {
    return html`<p class="notice warning" role="status" data-view="offline-banner">
      <span>${texts.say('offlineBanner')}</span>
    </p>`
  }
  if (fault === undefined) return nothing
  return html`<div class="notice error" role="alert" data-view="stale-banner">
    <span>${texts.say('staleBanner', { reason: sayFault(fault, texts) })}</span>
    <button type="button" data-action="retry" @click=${() => listing.load()}>${texts.say('retry')}</button>
  </div>`
}

function content(view: ListView): TemplateResult {
  const { listing, texts, offline } = view
  const { fault, loaded, loading, slow, tokens, total } = listing
  if (!loaded && offline) return views.offlineView(texts)
  if (!loaded && fault !== undefined && !loading) {
    return views.failedView(texts, fault, () => void listing.load())
  }
  if (!loaded) return views.loadingView(texts, slow)
  if (listing.isEmpty) return views.emptyView(texts, view.onGenerate, offline)
  if (tokens.length === 0) {
    const more = listing.nextCursor === null ? nothing : pages(view)
    return html`${views.noMatchView(texts, view.onClear)} ${more}`
  }
  const context = { ...view.row, texts, now: Date.now(), locked: offline, usage: listing.usage.days }
  return html`<p class="unseen" role="status">${texts.say('shownCount', { count: total ?? tokens.length })}</p>
    ${tokenTable(tokens, context)} ${pages(view)}`
}

function pages({ listing, texts, onTurn }: ListView): TemplateResult {
  const { previousPage } = listing
  return pager({
    page: listing.place.page,
    size: PAGE_SIZE,
    shown: listing.tokens.length,
    total: listing.total,
    hasNext: listing.nextCursor !== null,
    texts,
    onFirst: () => onTurn(() => listing.firstPage()),
    onPrevious: previousPage && (() => onTurn(previousPage)),
    onNext: () => onTurn(() => listing.nextPage()),
  })
}
