/** The signed-in user of a request, as the host's `authenticateUser` returns it. */

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { InvalidResult, UserRequired } from '../errors.ts'
import { isRecord, misspelledMember } from '../option-values.ts'
import type { Actor } from '../token/actor.ts'
import { scopeListOf } from '../token/scope.ts'
import { userIdFault } from '../token/text.ts'
import { addressOf } from './request-address.ts'

/** The user that `authenticateUser` returns. */
export interface SignedInUser {
  readonly id: string
  /** The scopes that the user may grant. Default: the whole scope catalogue. */
  readonly scopes?: readonly string[] | undefined
}

export type AuthenticateUser = (
  request: FastifyRequest,
) => SignedInUser | null | undefined | Promise<SignedInUser | null | undefined>

const USER = Symbol('fastify-api-tokens.user')

interface UserRequest {
  [USER]: SignedInUser | null
}

/** Requires a signed-in user for every route of the scope. Errors of `authenticateUser` are passed on. */
export function requireUser(scope: FastifyInstance, authenticateUser: AuthenticateUser): void {
  scope.decorateRequest(USER, null)
  // Not earlier, because some hosts restore sessions in `preValidation`.
  scope.addHook('preValidation', async (request) => {
    const user: unknown = await authenticateUser(request)
    if (user === null || user === undefined) throw new UserRequired()
    // `decorateRequest` above has added the property.
    const slotted = request as unknown as UserRequest
    slotted[USER] = checkedUser(user, 'authenticateUser')
  })
}

/** The user of a request that passed `requireUser`. */
export function userOf(request: FastifyRequest): SignedInUser {
  const user = (request as unknown as UserRequest)[USER]
  if (user === null) throw new UserRequired()
  return user
}

/** The user of a request that passed `requireUser`, as `by` of the events of its changes. */
export function signedInActor(request: FastifyRequest): Actor {
  return { kind: 'user', id: userOf(request).id, ip: addressOf(request) }
}

/**
 * Checks a user that a function of the host returned. A wrong result is the host's mistake, not the client's. Other
 * members are allowed, but not a misspelled one: without `scopes` a user may grant every scope. Each member is read
 * once.
 *
 * @param source The name of the function, for the error.
 * @throws {InvalidResult}
 */
export function checkedUser(user: unknown, source: string): SignedInUser {
  if (!isRecord(user)) throw wrongUser(source)
  const { id, scopes } = user
  const misspelled = misspelledMember(user, ['id', 'scopes'])
  if (misspelled !== undefined) {
    throw new InvalidResult(`${source} returned the member ${misspelled}: ${ALLOWED}`)
  }
  if (typeof id !== 'string') throw wrongUser(source)
  const fault = userIdFault(id)
  if (fault !== undefined) throw new InvalidResult(`${source} returned a user whose id ${fault}`)
  if (scopes === undefined) return { id }
  const list = scopeListOf(scopes)
  if (list === undefined) throw wrongUser(source)
  return { id, scopes: list }
}

const ALLOWED = 'it must return { id: string, scopes?: string[] } or null'

function wrongUser(source: string): Error {
  return new InvalidResult(`${source} returned an invalid user: ${ALLOWED}`)
}
