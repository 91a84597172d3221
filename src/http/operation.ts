/** The OpenAPI members that every operation has: id, tag, summary, security and responses. */

import type { TSchema } from 'typebox'
import { bearerSecurity, type SecurityRequirement } from './open-api.ts'
import { ErrorBody } from './schemas.ts'

export interface OperationDeps {
  /** The tag of the operations in the host's OpenAPI document. */
  readonly tag: string
  /** Whether the operations are left out of the document. */
  readonly hide: boolean
  /** The security requirement of the routes for signed-in users. */
  readonly security: readonly SecurityRequirement[]
}

export interface Operation {
  readonly operationId: string
  readonly summary: string
  /** Who calls it: a signed-in user, an administrator, or a program with a token. */
  readonly caller: 'user' | 'admin' | 'token'
  readonly success: readonly [status: number, schema: TSchema, description: string]
  /** The statuses of the errors that it can respond with. */
  readonly refusals: readonly number[]
}

const UNAUTHENTICATED = {
  user: 'No user is signed in',
  admin: 'No administrator is signed in',
  token: 'The request has no API token, or its token is not active',
} as const

const REFUSALS: Readonly<Record<number, string>> = {
  400: 'The request is invalid: the message names the field and what is allowed',
  403: 'The caller may not do this: the code gives the reason',
  404: 'There is no such API token or owner, or the user may not manage it',
  409: 'The status of the API token, or the number of tokens, does not allow this',
  413: 'The body is too large',
  415: 'The body is not JSON',
  503: 'The store is unavailable: try again after the seconds in Retry-After',
}

/** The members of a route's schema that describe its operation. */
export function operation({ tag, hide, security }: OperationDeps, described: Operation) {
  const { operationId, summary, caller, success, refusals } = described
  const [status, schema, description] = success
  const errors = refusals.map((status) => {
    const description = status === 401 ? UNAUTHENTICATED[caller] : REFUSALS[status]
    return [status, { ...ErrorBody, description }] as const
  })
  const response = Object.fromEntries<object>([[status, { ...schema, description }], ...errors])
  const required = caller === 'token' ? bearerSecurity : security
  return { operationId, summary, tags: [tag], hide, security: required, response }
}
