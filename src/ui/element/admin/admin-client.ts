/** Calls the administration routes with the administrator's session. */

import { queryOf, sendRequest } from '../send-request.ts'
import type { Scope, Usage } from '../token.ts'
import type { Invalidation, NewToken } from '../token-client.ts'
import type {
  AdminCatalogue,
  AdminPage,
  AdminToken,
  IssuedAdminToken,
  Limits,
  OwnerRow,
  OwnerStatus,
  Reason,
  Revoked,
} from './admin-token.ts'

export interface SearchQuery {
  readonly user_id: string
  readonly name: string
  readonly created_by: string
  readonly status: string
  readonly scope: string
  readonly unused_since: string
  readonly expires_before: string
  readonly sort: string
  readonly cursor: string
  readonly limit: number
}

export interface OwnersQuery {
  readonly prefix: string
  readonly status: OwnerStatus | ''
  readonly cursor: string
  readonly limit: number
}

export interface NewAdminToken extends NewToken, Partial<Limits> {
  readonly user_id: string
}

/** An absent member is not changed. */
export interface AdminChange extends Invalidation, Partial<Limits> {}

export type OwnerChange = 'deactivate' | 'reactivate' | 'remove'

export class AdminClient {
  readonly #url: string

  /** @param url The path of the administration routes, such as `/admin/tokens`. */
  constructor(url: string) {
    this.#url = url.replace(/\/+$/, '')
  }

  search(query: Partial<SearchQuery>, signal?: AbortSignal): Promise<AdminPage<AdminToken>> {
    return this.#call('GET', queryOf(query), { signal })
  }

  get(id: string): Promise<AdminToken> {
    return this.#call('GET', `/${encodeURIComponent(id)}`)
  }

  usage(id: string, days: number): Promise<Usage> {
    return this.#call('GET', `/${encodeURIComponent(id)}/usage?days=${days}`)
  }

  catalogue(): Promise<AdminCatalogue> {
    return this.#call('GET', '/scopes')
  }

  async scopes(): Promise<readonly Scope[]> {
    return (await this.catalogue()).data
  }

  issue(token: NewAdminToken): Promise<IssuedAdminToken> {
    return this.#call('POST', '', { body: token })
  }

  update(id: string, change: AdminChange): Promise<AdminToken> {
    return this.#call('PATCH', `/${encodeURIComponent(id)}`, { body: change })
  }

  revokeIds(ids: readonly string[], reason: Reason | undefined): Promise<Revoked> {
    return this.#call('POST', '/revoke', { body: { ids, reason } })
  }

  revokeCredentials(credentials: readonly string[], reason: Reason | undefined): Promise<Revoked> {
    return this.#call('POST', '/revoke', { body: { credentials, reason } })
  }

  revokeAll(userId: string, reason: Reason | undefined): Promise<Revoked> {
    return this.#call('POST', '/revoke', { body: { user_id: userId, reason } })
  }

  owners(query: Partial<OwnersQuery>, signal?: AbortSignal): Promise<AdminPage<OwnerRow>> {
    return this.#call('GET', `/owners${queryOf(query)}`, { signal })
  }

  owner(id: string): Promise<OwnerRow> {
    return this.#call('GET', `/owners/${encodeURIComponent(id)}`)
  }

  changeOwner(id: string, change: OwnerChange): Promise<OwnerRow> {
    return this.#call('POST', `/owners/${encodeURIComponent(id)}/${change}`, { body: {} })
  }

  /** @throws {Fault} */
  #call<Body>(
    method: string,
    path: string,
    { body, signal }: { body?: object; signal?: AbortSignal | undefined } = {},
  ): Promise<Body> {
    return sendRequest({ method, url: this.#url + path, body, signal })
  }
}
