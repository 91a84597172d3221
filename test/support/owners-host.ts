/** A host whose users may manage tokens of organizations. Memberships and organizations change while it runs. */

import type { InjectOptions } from 'fastify'
import type { Test } from 'tap'
import type { ApiTokensOptions, ManagedOwner, UserStatus } from '../../src/index.ts'
import { as, type Host, startHost } from './host.ts'

export interface OwnersHost extends Host {
  /** The further owners of each user. */
  readonly members: Map<string, readonly ManagedOwner[]>
  /** The results of `findUser`. Default: active, with every scope. */
  readonly known: Map<string, UserStatus>
  /** Sends a request of a signed-in user. */
  call(user: string, method: NonNullable<InjectOptions['method']>, url: string, payload?: object): Called
}

/** A token object, where one was issued. */
type Body = Record<string, unknown> & { id: string; token: string }

type Called = Promise<{ status: number; body: Body }>

export async function startOwnersHost(t: Test, options: ApiTokensOptions = {}): Promise<OwnersHost> {
  const members: OwnersHost['members'] = new Map()
  const known: OwnersHost['known'] = new Map()
  const host = await startHost(t, {
    ownerTypes: ['org', 'team', 'service'],
    authenticateUser: ({ headers }) => {
      const id = headers['x-user']
      return typeof id === 'string' ? { id, owners: members.get(id) } : null
    },
    findUser: (id) => {
      const status = known.get(id)
      return status === undefined ? { active: true } : status
    },
    ...options,
  })
  const call: OwnersHost['call'] = async (user, method, url, payload) => {
    const response = await host.app.inject(
      as(user, { method, url, ...(payload === undefined ? {} : { payload }) }),
    )
    return { status: response.statusCode, body: response.body === '' ? ({} as Body) : response.json<Body>() }
  }
  return { ...host, members, known, call }
}
