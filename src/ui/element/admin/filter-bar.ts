/** The form with the filters. They take effect together, when it is submitted. */

import { css, html, nothing, type TemplateResult } from 'lit'
import { STATUSES } from '../token.ts'
import {
  type AdminPlace,
  type AdminSort,
  type Filters,
  hasFilters,
  NO_FILTERS,
  sortsFor,
} from './admin-place.ts'
import type { AdminTexts } from './admin-texts.ts'

export interface FilterBar {
  readonly place: AdminPlace
  readonly texts: AdminTexts
  readonly onFilter: (filters: Filters & Pick<AdminPlace, 'sort'>) => void
  readonly onClear: () => void
}

const SORT_NAMES = {
  '-created_at': 'sortNewest',
  created_at: 'sortOldest',
  expires_at: 'sortExpiry',
} as const satisfies Record<AdminSort, unknown>

/** Those that are always visible, and those behind a button. */
const TEXT_FIELDS = [
  ['user_id', 'filterOwner', 255],
  ['name', 'filterName', 100],
] as const
const MORE_TEXT_FIELDS = [
  ['created_by', 'filterCreatedBy', 255],
  ['scope', 'filterScope', 255],
] as const
const DAY_FIELDS = [
  ['unused_since', 'filterUnusedSince'],
  ['expires_before', 'filterExpiresBefore'],
] as const

export function filterBar(bar: FilterBar): TemplateResult {
  const { place, texts, onClear } = bar
  const more = [...MORE_TEXT_FIELDS, ...DAY_FIELDS].some(([name]) => place[name] !== '')
  return html`<form class="filters" role="search" aria-label=${texts.say('filters')} @submit=${(event: SubmitEvent) => submit(event, bar)}>
    <div class="fields">
      ${TEXT_FIELDS.map(([name, label, length]) => textField(bar, name, texts.say(label), length))}
      <div class="field">
        <label for="filter-status">${texts.say('status')}</label>
        <select id="filter-status" name="status">
          <option value="" .selected=${place.status === ''}>${texts.say('anyStatus')}</option>
          ${STATUSES.map((status) => html`<option value=${status} .selected=${status === place.status}>${texts.say(status)}</option>`)}
        </select>
      </div>
      ${sortField(bar)}
    </div>
    <details ?open=${more}>
      <summary>${texts.say('moreFilters')}</summary>
      <div class="fields">
        ${MORE_TEXT_FIELDS.map(([name, label, length]) => textField(bar, name, texts.say(label), length))}
        ${DAY_FIELDS.map(
          ([name, label]) => html`<div class="field">
            <label for="filter-${name}">${texts.say(label)}</label>
            <input id="filter-${name}" name=${name} type="date" .value=${place[name]} />
          </div>`,
        )}
      </div>
    </details>
    <div class="buttons">
      <button type="submit" class="primary" data-action="filter">${texts.say('applyFilters')}</button>
      ${
        hasFilters(place)
          ? html`<button type="button" data-action="clear-filters" @click=${onClear}>${texts.say('clearFilters')}</button>`
          : nothing
      }
    </div>
  </form>`
}

function textField({ place }: FilterBar, name: keyof Filters, label: string, length: number): TemplateResult {
  return html`<div class="field">
    <label for="filter-${name}">${label}</label>
    <input
      id="filter-${name}"
      name=${name}
      maxlength=${length}
      autocomplete="off"
      autocapitalize="off"
      spellcheck="false"
      .value=${place[name]}
    />
  </div>`
}

function sortField({ place, texts }: FilterBar): TemplateResult {
  const sorts = sortsFor(place)
  return html`<div class="field">
    <label for="filter-sort">${texts.say('sort')}</label>
    <select id="filter-sort" name="sort" ?disabled=${sorts.length === 0}>
      ${sorts.length === 0 ? html`<option value="">${texts.say('sortFixed')}</option>` : nothing}
      ${sorts.map((sort) => html`<option value=${sort} .selected=${sort === place.sort}>${texts.say(SORT_NAMES[sort])}</option>`)}
    </select>
  </div>`
}

function submit(event: SubmitEvent, { onFilter }: FilterBar): void {
  event.preventDefault()
  const fields = new FormData(event.target as HTMLFormElement)
  const entries = Object.keys(NO_FILTERS).map((name) => [name, String(fields.get(name) ?? '').trim()])
  // The options of the fields are the values that they may have.
  const filters = Object.fromEntries(entries) as unknown as Filters
  const sorts = sortsFor(filters)
  const sort = sorts.find((known) => known === fields.get('sort')) ?? sorts[0]
  onFilter({ ...filters, sort: sort === undefined || sort === sorts[0] ? '' : sort })
}

export const filterStyles = css`
  .filters {
    display: grid;
    gap: 0.875rem;
    padding: 1rem;
    border: 1px solid var(--_line);
    border-radius: calc(var(--_radius) * 1.25);
    background: var(--_surface);
  }

  .fields {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(12rem, 100%), 1fr));
    gap: 0.875rem;
  }

  .fields .field {
    min-width: 0;
    align-content: start;
  }

  .filters summary {
    width: fit-content;
    color: var(--_accent);
    cursor: pointer;
  }

  .filters details[open] summary {
    margin-bottom: 0.75rem;
  }

  select:disabled {
    color: var(--_muted);
    opacity: 1;
  }
`
