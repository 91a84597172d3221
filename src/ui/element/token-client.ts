/** Calls the token routes with the user's session. */

import { queryOf, sendRequest } from './send-request.ts'
import {
  type Catalogue,
  type Counts,
  type IssuedToken,
  type Owner,
  type Scope,
  STATUSES,
  type Token,
  type TokenPage,
  type Usage,
} from './token.ts'

export interface ListQuery {
  readonly status?: string | undefined
  readonly q?: string | undefined
  readonly sort?: string | undefined
  readonly cursor?: string | undefined
  readonly limit?: number | undefined
}

export interface NewToken {
  readonly name: string | null
  readonly description: string | null
  readonly scopes: readonly string[]
  /** Seconds; `null` means never, absent means the host's default. */
  readonly expires_in?: number | null
}

export interface Invalidation {
  readonly name?: string | null
  readonly description?: string | null
  readonly status?: 'active' | 'inactive'
}

export interface Rotation {
  readonly grace_period: number
  readonly scopes?: readonly string[]
}

/** The maximum number of short pages that are joined: after that the user decides whether to continue. */
const MORE_PAGES = 9

export class TokenClient {
  readonly #url: string
  readonly #owner: () => string

  /**
   * @param url The path of the token routes, such as `/tokens`.
   * @param owner Returns the id of the owner whose tokens are meant; empty for the user.
   */
  constructor(url: string, owner: () => string) {
    this.#url = url.replace(/\/+$/, '')
    this.#owner = owner
  }

  list(query: ListQuery, signal?: AbortSignal): Promise<TokenPage> {
    return this.#call<TokenPage>('GET', queryOf(query), { signal })
  }

  /** Fetches a full page, from several short pages if necessary. */
  async fullList(query: ListQuery & { readonly limit: number }, signal?: AbortSignal): Promise<TokenPage> {
    let page = await this.list(query, signal)
    const data = [...page.data]
    for (
      let more = 0;
      more < MORE_PAGES && page.next_cursor !== null && data.length < query.limit;
      more += 1
    ) {
      const rest = { ...query, cursor: page.next_cursor, limit: query.limit - data.length }
      page = await this.list(rest, signal)
      data.push(...page.data)
    }
    return { ...page, data }
  }

  /** The number of tokens by status; empty if the service does not count them. */
  async counts(signal?: AbortSignal): Promise<Counts | undefined> {
    const pages = await Promise.all(STATUSES.map((status) => this.list({ status, limit: 1 }, signal)))
    const totals = pages.map(({ total }) => total)
    if (totals.includes(null)) return undefined
    return Object.fromEntries(STATUSES.map((status, index) => [status, totals[index] ?? 0]))
  }

  get(id: string): Promise<Token> {
    return this.#call('GET', `/${encodeURIComponent(id)}`)
  }

  catalogue(): Promise<Catalogue> {
    return this.#call('GET', '/scopes')
  }

  /** The further owners of the user, whichever is chosen. */
  async owners(): Promise<readonly Owner[]> {
    return (await this.#call<Catalogue>('GET', '/scopes', { owner: '' })).owners
  }

  async scopes(): Promise<readonly Scope[]> {
    return (await this.catalogue()).data
  }

  usage(id: string, days: number, signal?: AbortSignal): Promise<Usage> {
    return this.#call('GET', `/${encodeURIComponent(id)}/usage?days=${days}`, { signal })
  }

  issue(token: NewToken): Promise<IssuedToken> {
    return this.#call('POST', '', { body: token })
  }

  update(id: string, change: Invalidation): Promise<Token> {
    return this.#call('PATCH', `/${encodeURIComponent(id)}`, { body: change })
  }

  revoke(id: string): Promise<void> {
    return this.#call('DELETE', `/${encodeURIComponent(id)}`)
  }

  rotate(id: string, rotation: Rotation): Promise<IssuedToken> {
    return this.#call('POST', `/${encodeURIComponent(id)}/rotate`, { body: rotation })
  }

  /** @throws {Fault} */
  #call<Body>(
    method: string,
    path: string,
    {
      body,
      signal,
      owner = this.#owner(),
    }: { body?: object; signal?: AbortSignal | undefined; owner?: string } = {},
  ): Promise<Body> {
    const query = owner && `${path.includes('?') ? '&' : '?'}owner=${encodeURIComponent(owner)}`
    return sendRequest({ method, url: this.#url + path + query, body, signal })
  }
}
