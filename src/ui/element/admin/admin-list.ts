/** The list of tokens or owners, with its filters, its selection, and what is loaded so far. */

import { html, nothing, type TemplateResult } from 'lit'
import * as views from '../views.ts'
import type { AdminListing } from './admin-listing.ts'
import { type AdminPlace, type Filters, hasFilters } from './admin-place.ts'
import { adminTable, selectShown } from './admin-table.ts'
import { type AdminTexts, sayAdminFault } from './admin-texts.ts'
import { type AdminToken, MAX_IDS } from './admin-token.ts'
import type { OwnerAction } from './dialogs/owner-dialog.ts'
import { filterBar } from './filter-bar.ts'
import { ownerPanel } from './owner-panel.ts'
import { ownersFilter, ownersTable } from './owners-list.ts'

export interface AdminList {
  readonly listing: AdminListing
  readonly texts: AdminTexts
  readonly offline: boolean
  /** Goes to another list, without the present filters. */
  readonly onGo: (change: Partial<AdminPlace>) => void
  readonly onFilter: (filters: Filters & Pick<AdminPlace, 'sort'>) => void
  readonly onDetails: (token: AdminToken) => void
  readonly onOwnerAction: (action: OwnerAction) => void
  readonly onRevoke: () => void
  readonly onMore: () => void
}

export function adminList(list: AdminList): TemplateResult {
  const { listing, texts, offline, onGo, onFilter, onOwnerAction } = list
  const { place } = listing
  if (place.view === 'owners') {
    return html`${ownersFilter({ listing, texts, onGo })} ${banner(list)} ${panel(list)}`
  }
  return html`${
    place.user_id === ''
      ? nothing
      : ownerPanel({ listing, texts, locked: offline, onAction: onOwnerAction, onGo })
  }
    ${filterBar({ place, texts, onFilter, onClear: () => onGo({}) })} ${banner(list)} ${selectionBar(list)}
    ${panel(list)}`
}

function panel(list: AdminList): TemplateResult {
  const { listing, texts } = list
  const label = texts.say(listing.place.view === 'owners' ? 'viewOwners' : 'viewTokens')
  return html`<div class="panel" id="list" role="region" aria-label=${label} tabindex="-1">${content(list)}</div>`
}

/** Always rendered, so that screen readers read the number. */
function selectionBar({ listing, texts, offline, onRevoke }: AdminList): TemplateResult {
  const count = listing.selected.size
  return html`<div class="selection ${count === 0 ? 'unselected' : ''}">
    <label class="narrow-only">${selectShown({ listing, texts })} ${texts.say('selectShown')}</label>
    <p role="status">
      ${count === 0 ? nothing : texts.say('selectedCount', { count })}
      ${count === MAX_IDS ? texts.say('selectionFull', { max: MAX_IDS }) : nothing}
    </p>
    ${
      count === 0
        ? nothing
        : html`<div class="buttons">
            <button type="button" data-action="deselect" @click=${() => listing.select([])}>
              ${texts.say('clearSelection')}
            </button>
            <button
              type="button"
              class="danger filled"
              data-action="revoke-selected"
              aria-disabled=${offline}
              @click=${() => offline || onRevoke()}
            >
              ${texts.say('revokeSelected', { count })}
            </button>
          </div>`
    }
  </div>`
}

function banner({ listing, texts, offline }: AdminList): unknown {
  const { fault, loaded } = listing.rows
  if (!loaded) return nothing
  if (offline) {
    return html`<p class="notice warning" role="status" data-view="offline-banner">
      <span>${texts.say('offlineBanner')}</span>
    </p>`
  }
  if (fault === undefined) return nothing
  return html`<div class="notice error" role="alert" data-view="stale-banner">
    <span>${texts.say('staleBanner', { reason: sayAdminFault(fault, texts) })}</span>
    <button type="button" data-action="retry" @click=${() => listing.load()}>${texts.say('retry')}</button>
  </div>`
}

function content(list: AdminList): TemplateResult {
  const { listing, texts, offline, onGo, onDetails } = list
  const { rows, fault, loaded, loading, slow, nextCursor } = listing.rows
  const { place } = listing
  if (!loaded && offline) return views.offlineView(texts)
  if (!loaded && fault !== undefined && !loading) {
    return views.failedView(texts, fault, () => void listing.load(), sayAdminFault(fault, texts))
  }
  if (!loaded) return views.loadingView(texts, slow)
  if (place.view === 'owners') {
    if (rows.length > 0) return html`${ownersTable({ listing, texts, onGo })} ${rest(list)}`
    return html`<p class="muted">${texts.say('ownersNone')}</p>
      ${rest(list)}`
  }
  if (rows.length > 0) {
    return html`${adminTable({ listing, texts, now: Date.now(), onDetails, onGo })} ${rest(list)}`
  }
  if (nextCursor !== null) return rest(list)
  return hasFilters(place) ? views.noMatchView(texts, () => onGo({})) : views.nothingView(texts)
}

/** How many rows are shown, whether all was searched, and the button for more. */
function rest({ listing, texts, onMore, offline }: AdminList): TemplateResult {
  const { rows, nextCursor, short, loading } = listing.rows
  const count = rows.length
  const shown = texts.say(listing.place.view === 'owners' ? 'ownersShown' : 'shownSoFar', { count })
  const searched = nextCursor !== null && short
  return html`<div class="rest">
    <p class="muted" role="status">
      ${searched ? texts.say('searchedSoFar', { count }) : shown}
    </p>
    ${
      nextCursor === null
        ? nothing
        : html`<button
            type="button"
            data-action="more"
            aria-disabled=${loading || offline}
            @click=${() => loading || offline || onMore()}
          >
            ${texts.say(loading ? 'loadingMore' : searched ? 'searchFurther' : 'loadMore')}
          </button>`
    }
  </div>`
}
