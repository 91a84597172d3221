/** A host with the routes for administrators: the administrator comes from a header. */

import type { InjectOptions } from 'fastify'
import type { Test } from 'tap'
import type { ApiTokensOptions } from '../../src/index.ts'
import { type Host, startHost } from './host.ts'

export const ADMIN = '/admin/tokens'

/** A response body, as the tests read it. */
// biome-ignore lint/suspicious/noExplicitAny: each test knows the body of its route.
type Body = any

export interface Called {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: Body
}

export interface AdminHost extends Host {
  /** Sends a request of the administrator `root` below the prefix. */
  call(method: NonNullable<InjectOptions['method']>, path: string, payload?: object): Promise<Called>
}

export const asRoot = (request: InjectOptions): InjectOptions => ({
  ...request,
  headers: { ...request.headers, 'x-admin': 'root' },
})

export const adminOption: NonNullable<ApiTokensOptions['admin']> = {
  authenticate: ({ headers }) => {
    const id = headers['x-admin']
    return typeof id === 'string' ? { id } : null
  },
}

export async function startAdminHost(t: Test, options: ApiTokensOptions = {}): Promise<AdminHost> {
  const host = await startHost(t, { admin: adminOption, ...options })
  const call: AdminHost['call'] = async (method, path, payload) => {
    const response = await host.app.inject(
      asRoot({ method, url: `${ADMIN}${path}`, ...(payload === undefined ? {} : { payload }) }),
    )
    const { statusCode: status, headers, body } = response
    return { status, headers, body: body === '' ? null : response.json<Body>() }
  }
  return { ...host, call }
}
