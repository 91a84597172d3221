/** The user's place in the list. It is stored in the URL, so that reload, bookmarks and going back work. */

import { STATUSES, type Status } from './token.ts'

export const SORTS = ['-created_at', 'created_at', 'name', '-last_used_at'] as const

export interface Place {
  readonly status: Status | 'all'
  readonly q: string
  readonly sort: (typeof SORTS)[number]
  readonly cursor: string
  /** From 1. Only shown: the cursor selects the page. */
  readonly page: number
  /** The id of the token whose details are open. */
  readonly token: string
  /** The id of a further owner of the tokens; empty for the user. */
  readonly owner: string
}

export const START: Place = {
  ...{ status: 'all', q: '', sort: '-created_at', cursor: '', page: 1 },
  ...{ token: '', owner: '' },
}

export function readPlace(search: string): Place {
  const query = new URLSearchParams(search)
  const cursor = query.get('cursor') ?? ''
  const page = Number(query.get('page'))
  return {
    status: STATUSES.find((status) => status === query.get('status')) ?? 'all',
    q: (query.get('q') ?? '').slice(0, 100),
    sort: SORTS.find((sort) => sort === query.get('sort')) ?? START.sort,
    cursor,
    page: cursor !== '' && Number.isSafeInteger(page) && page > 1 ? page : 1,
    token: query.get('token') ?? '',
    owner: query.get('owner') ?? '',
  }
}

/** The query string of a place. Other parameters of the host are kept. */
export function searchOf(place: Place, search: string): string {
  const query = new URLSearchParams(search)
  for (const name of Object.keys(START) as (keyof Place)[]) {
    if (place[name] === START[name]) query.delete(name)
    else query.set(name, String(place[name]))
  }
  return query.size === 0 ? '' : `?${query}`
}
