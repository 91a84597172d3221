/** The list of owners, with its own filters. */

import { html, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { AdminListing } from './admin-listing.ts'
import type { AdminPlace } from './admin-place.ts'
import type { AdminTexts } from './admin-texts.ts'
import { OWNER_STATUSES, type OwnerStatus } from './admin-token.ts'
import { inPageLink } from './in-page-link.ts'
import { ownerBadge } from './owner-panel.ts'

export interface OwnersList {
  readonly listing: AdminListing
  readonly texts: AdminTexts
  readonly onGo: (change: Partial<AdminPlace>) => void
}

const STATUS_NAMES = {
  active: 'ownerActive',
  inactive: 'ownerInactive',
  removed: 'ownerRemoved',
} as const satisfies Record<OwnerStatus, unknown>

export function ownersFilter({ listing, texts, onGo }: OwnersList): TemplateResult {
  const { place } = listing
  return html`<form class="filters" role="search" aria-label=${texts.say('ownersTitle')} @submit=${onSubmit}>
    <div class="fields">
      <div class="field">
        <label for="owners-prefix">${texts.say('ownersPrefix')}</label>
        <input
          id="owners-prefix"
          name="prefix"
          maxlength="255"
          autocomplete="off"
          autocapitalize="off"
          spellcheck="false"
          .value=${place.prefix}
        />
      </div>
      <div class="field">
        <label for="owners-status">${texts.say('ownersStatus')}</label>
        <select id="owners-status" name="owner_status">
          <option value="" .selected=${place.owner_status === ''}>${texts.say('anyStatus')}</option>
          ${OWNER_STATUSES.map(
            (status) =>
              html`<option value=${status} .selected=${status === place.owner_status}>${texts.say(STATUS_NAMES[status])}</option>`,
          )}
        </select>
      </div>
    </div>
    <div class="buttons">
      <button type="submit" class="primary" data-action="filter">${texts.say('applyFilters')}</button>
    </div>
  </form>`

  function onSubmit(event: SubmitEvent): void {
    event.preventDefault()
    const fields = new FormData(event.target as HTMLFormElement)
    const status = OWNER_STATUSES.find((known) => known === fields.get('owner_status'))
    onGo({ view: 'owners', prefix: String(fields.get('prefix') ?? '').trim(), owner_status: status ?? '' })
  }
}

export function ownersTable({ listing, texts, onGo }: OwnersList): TemplateResult {
  return html`<table role="table" class="owners" aria-label=${texts.say('ownersTitle')}>
    <thead role="rowgroup">
      <tr role="row">
        <th role="columnheader" scope="col">${texts.say('owner')}</th>
        <th role="columnheader" scope="col">${texts.say('status')}</th>
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${repeat(
        listing.owners.rows,
        ({ user_id: id }) => id,
        ({ user_id: id, status }) => html`<tr role="row">
          <th role="rowheader" scope="row" class="owner-id">
            ${inPageLink({
              ...{ change: { user_id: id }, action: 'owner', onGo },
              label: texts.say('showOwner', { name: id }),
              content: html`<bdi>${id}</bdi>`,
            })}
          </th>
          <td role="cell">${ownerBadge(status, texts)}</td>
        </tr>`,
      )}
    </tbody>
  </table>`
}
