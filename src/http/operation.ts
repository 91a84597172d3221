/** What every operation says of itself in OpenAPI: an id, a tag, a summary, its security and its responses. */

import type { TSchema } from 'typebox'
import { bearerSecurity, type SecurityRequirement } from './open-api.ts'
import { ErrorAnswer } from './schemas.ts'

export interface OperationDeps {
  /** The tag of the operations in the host's OpenAPI document. */
  readonly tag: string
  /** Whether they are left out of it. */
  readonly hide: boolean
  /** What the routes of the signed-in user require. */
  readonly security: readonly SecurityRequirement[]
}

export interface Operation {
  readonly operationId: string
  readonly summary: string
  /** Who may call it: a user in a session, or a program with a token. */
  readonly caller: 'user' | 'token'
  readonly success: readonly [status: number, schema: TSchema, description: string]
  /** The statuses of the errors that it can respond with. */
  readonly refusals: readonly number[]
}

const UNAUTHENTICATED = {
  user: 'Nobody is signed in',
  token: 'The request has no API token, or one that is not active',
} as const

const REFUSALS: Readonly<Record<number, string>> = {
  400: 'The request is wrong: the message names the part, and what would be right',
  403: 'The user may not do this: the code says why',
  404: 'The user has no such API token',
  409: 'The status of the API token, or the number of tokens, does not allow this',
  413: 'The body is too large',
  415: 'The body is not JSON',
  503: 'The store is unavailable: try again after the seconds in Retry-After',
}

/** The members of a route's schema that describe it. */
export function operation({ tag, hide, security }: OperationDeps, described: Operation) {
  const { operationId, summary, caller, success, refusals } = described
  const [status, schema, description] = success
  const errors = refusals.map((status) => {
    const description = status === 401 ? UNAUTHENTICATED[caller] : REFUSALS[status]
    return [status, { ...ErrorAnswer, description }] as const
  })
  const response = Object.fromEntries<object>([[status, { ...schema, description }], ...errors])
  const required = caller === 'token' ? bearerSecurity : security
  return { operationId, summary, tags: [tag], hide, security: required, response }
}
