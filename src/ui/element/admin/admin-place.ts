/** The administrator's place on the page. It is stored in the URL, so that reload, links and going back work. */

import { STATUSES, type Status } from '../token.ts'
import { OWNER_STATUSES, type OwnerStatus } from './admin-token.ts'

export const ADMIN_SORTS = ['-created_at', 'created_at', 'expires_at'] as const

export type AdminSort = (typeof ADMIN_SORTS)[number]

/** The names are those of the query of the routes. */
export interface Filters {
  /** With an owner, the page is that of the owner. */
  readonly user_id: string
  readonly name: string
  readonly created_by: string
  readonly status: Status | ''
  readonly scope: string
  /** `2026-01-31`, UTC. */
  readonly unused_since: string
  readonly expires_before: string
}

export interface AdminPlace extends Filters {
  readonly view: 'tokens' | 'owners'
  /** Empty for the order of the filters. */
  readonly sort: AdminSort | ''
  /** The id of the token whose details are open. */
  readonly token: string
  /** The filters of the list of owners. */
  readonly prefix: string
  readonly owner_status: OwnerStatus | ''
}

export const NO_FILTERS: Filters = {
  ...{ user_id: '', name: '', created_by: '', status: '', scope: '' },
  ...{ unused_since: '', expires_before: '' },
}

export const ADMIN_START: AdminPlace = {
  ...NO_FILTERS,
  ...{ view: 'tokens', sort: '', token: '', prefix: '', owner_status: '' },
}

export function readAdminPlace(search: string): AdminPlace {
  const query = new URLSearchParams(search)
  const text = (name: string) => query.get(name) ?? ''
  const oneOf = <Value extends string>(values: readonly Value[], name: string): Value | '' =>
    values.find((value) => value === query.get(name)) ?? ''
  return {
    view: query.get('view') === 'owners' ? 'owners' : 'tokens',
    user_id: text('user_id'),
    name: text('name'),
    created_by: text('created_by'),
    status: oneOf(STATUSES, 'status'),
    scope: text('scope'),
    unused_since: dayIn(text('unused_since')),
    expires_before: dayIn(text('expires_before')),
    sort: oneOf(ADMIN_SORTS, 'sort'),
    token: text('token'),
    prefix: text('prefix'),
    owner_status: oneOf(OWNER_STATUSES, 'owner_status'),
  }
}

/** The query string of a place. Other parameters of the host are kept. */
export function adminSearchOf(place: AdminPlace, search: string): string {
  const query = new URLSearchParams(search)
  for (const name of Object.keys(ADMIN_START) as (keyof AdminPlace)[]) {
    if (place[name] === ADMIN_START[name]) query.delete(name)
    else query.set(name, place[name])
  }
  return query.size === 0 ? '' : `?${query}`
}

/** The orders that the service has for these filters; none if the filter decides the order. */
export function sortsFor(filters: Filters): readonly AdminSort[] {
  if (filters.user_id !== '' || filters.created_by !== '') return ['-created_at', 'created_at']
  if (filters.name !== '' || filters.unused_since !== '' || filters.expires_before !== '') return []
  return ADMIN_SORTS
}

export function hasFilters(filters: Filters): boolean {
  return (Object.keys(NO_FILTERS) as (keyof Filters)[]).some((name) => filters[name] !== '')
}

/** The filters of the query of `GET {admin}`, for a day its beginning. */
export function searchQueryOf(place: AdminPlace) {
  const { user_id, name, created_by, status, scope, unused_since, expires_before } = place
  const sort = sortsFor(place).find((known) => known === place.sort)
  return {
    ...{ user_id, name, created_by, status, scope, sort: sort ?? '' },
    unused_since: unused_since && `${unused_since}T00:00:00.000Z`,
    expires_before: expires_before && `${expires_before}T00:00:00.000Z`,
  }
}

function dayIn(text: string): string {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) ? text : ''
}
