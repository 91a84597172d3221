/** The tokens of all owners: a table, or cards on narrow screens. */

import { html, nothing, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { hasEnded } from '../token.ts'
import { moment, titleOf } from '../token-fields/foreign-text.ts'
import { statusBadge, statusReason } from '../token-fields/status-badge.ts'
import type { AdminListing } from './admin-listing.ts'
import type { AdminPlace } from './admin-place.ts'
import type { AdminTexts } from './admin-texts.ts'
import { type AdminToken, MAX_IDS } from './admin-token.ts'
import { inPageLink } from './in-page-link.ts'

export interface AdminTable {
  readonly listing: AdminListing
  readonly texts: AdminTexts
  readonly now: number
  readonly onDetails: (token: AdminToken) => void
  readonly onGo: (change: Partial<AdminPlace>) => void
}

/** The roles are explicit, because browsers drop table semantics when a table is laid out as cards. */
export function adminTable(table: AdminTable): TemplateResult {
  const { listing, texts } = table
  return html`<table role="table" aria-label=${texts.say('title')}>
    <thead role="rowgroup">
      <tr role="row">
        <th role="columnheader" scope="col" class="mark">${selectShown(table)}</th>
        <th role="columnheader" scope="col">${texts.say('token')}</th>
        <th role="columnheader" scope="col">${texts.say('owner')}</th>
        <th role="columnheader" scope="col">${texts.say('status')}</th>
        <th role="columnheader" scope="col">${texts.say('lastUsed')}</th>
        <th role="columnheader" scope="col">${texts.say('expires')}</th>
        <th role="columnheader" scope="col" class="updated">${texts.say('created')}</th>
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${repeat(
        listing.tokens.rows,
        ({ id }) => id,
        (token) => row(token, table),
      )}
    </tbody>
  </table>`
}

/** Selects all shown tokens that have not ended, as many as one request may revoke. */
export function selectShown({ listing, texts }: Pick<AdminTable, 'listing' | 'texts'>): TemplateResult {
  const { selectable, selected } = listing
  const most = Math.min(selectable.length, MAX_IDS)
  return html`<input
    type="checkbox"
    data-action="select-shown"
    aria-label=${texts.say('selectShown')}
    .checked=${most > 0 && selected.size === most}
    .indeterminate=${selected.size > 0 && selected.size < most}
    ?disabled=${most === 0}
    @change=${(event: Event) =>
      listing.select((event.target as HTMLInputElement).checked ? selectable.map(({ id }) => id) : [])}
  />`
}

function row(token: AdminToken, table: AdminTable): TemplateResult {
  const { texts, now, onGo } = table
  const never = html`<span class="muted">${texts.say('never')}</span>`
  return html`<tr role="row" data-token=${token.id} class=${hasEnded(token) ? 'ended' : ''}>
    <td role="cell" class="mark">${mark(token, table)}</td>
    <th role="rowheader" scope="row" class="who">${who(token, table)}</th>
    <td role="cell" class="whose">
      <span class="cell-label">${texts.say('owner')}</span>
      ${inPageLink({
        ...{ change: { user_id: token.user_id }, action: 'owner', onGo },
        label: texts.say('showOwner', { name: token.user_id }),
        content: html`<bdi>${token.user_id}</bdi>`,
      })}
    </td>
    <td role="cell" class="standing">
      <div>${statusBadge(token, texts)}${statusReason(token, texts, now)}</div>
    </td>
    <td role="cell">
      <span class="cell-label">${texts.say('lastUsed')}</span>
      ${token.last_used_at === null ? html`<span class="muted">${texts.say('neverUsed')}</span>` : moment(token.last_used_at, texts, now)}
    </td>
    <td role="cell">
      <span class="cell-label">${texts.say('expires')}</span>
      ${token.expires_at === null ? never : html`<time datetime=${token.expires_at} title=${texts.moment(token.expires_at)}>${texts.day(token.expires_at)}</time>`}
    </td>
    <td role="cell" class="updated">
      <span class="cell-label">${texts.say('created')}</span>${moment(token.created_at, texts, now)}
    </td>
  </tr>`
}

function mark(token: AdminToken, { listing, texts }: AdminTable): unknown {
  if (hasEnded(token)) return nothing
  const { selected } = listing
  const checked = selected.has(token.id)
  const full = !checked && selected.size >= MAX_IDS
  return html`<label class="mark">
    <input
      type="checkbox"
      data-action="select"
      aria-label=${texts.say('select', { name: titleOf(token, texts) })}
      .checked=${checked}
      ?disabled=${full}
      @change=${() => listing.select(selected.symmetricDifference(new Set([token.id])))}
    />
  </label>`
}

function who(token: AdminToken, { texts, onDetails }: AdminTable): TemplateResult {
  const title = titleOf(token, texts)
  return html`<button
      type="button"
      class="link name"
      data-action="details"
      aria-label=${texts.say('detailsOf', { name: title })}
      @click=${() => onDetails(token)}
    >
      <bdi>${title}</bdi>
    </button>
    <div class="chips">
      <span class="mono muted hint" title=${texts.say('hint', { hint: token.hint })}>…${token.hint}</span>
      <span class="muted small" title=${token.scopes.join(' ')}>
        ${token.scopes.length === 0 ? texts.say('noScopes') : texts.say('scopeCount', { count: token.scopes.length })}
      </span>
    </div>`
}
