/** Who manages tokens: the user whom the host's `authenticateUser` names, and nobody else. */

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { InvalidResult, UserRequired } from '../errors.ts'
import { isRecord, misspelledMember } from '../option-values.ts'
import { scopeListOf } from '../token/scope.ts'
import { userIdFault } from '../token/text.ts'

/** A user as the host knows them from their session. */
export interface SignedInUser {
  readonly id: string
  /** What they may grant; left out, the whole scope catalogue. */
  readonly scopes?: readonly string[] | undefined
}

export type AuthenticateUser = (
  request: FastifyRequest,
) => SignedInUser | null | undefined | Promise<SignedInUser | null | undefined>

const USER = Symbol('fastify-api-tokens.user')

interface UserRequest {
  [USER]: SignedInUser | null
}

/** Demands a signed-in user for every route of the scope. What `authenticateUser` throws passes through. */
export function requireUser(scope: FastifyInstance, authenticateUser: AuthenticateUser): void {
  scope.decorateRequest(USER, null)
  // After the body is parsed: hosts restore sessions as late as in `preValidation`.
  scope.addHook('preValidation', async (request) => {
    const user: unknown = await authenticateUser(request)
    if (user === null || user === undefined) throw new UserRequired()
    // The decoration above put it there.
    const slotted = request as unknown as UserRequest
    slotted[USER] = checkedUser(user, 'authenticateUser')
  })
}

/** The user of a request that `requireUser` let through. */
export function userOf(request: FastifyRequest): SignedInUser {
  const user = (request as unknown as UserRequest)[USER]
  if (user === null) throw new UserRequired()
  return user
}

/**
 * What a function of the host returned as a user. A wrong result is the host's mistake, not the client's. A user may have members of the host's own, but none that
 * looks like one of ours: without `scopes` a user may grant every scope. Each member is read once.
 *
 * @param source The function, for the error.
 * @throws {InvalidResult}
 */
export function checkedUser(user: unknown, source: string): SignedInUser {
  if (!isRecord(user)) throw wrongUser(source)
  const { id, scopes } = user
  const misspelt = misspelledMember(user, ['id', 'scopes'])
  if (misspelt !== undefined) {
    throw new InvalidResult(`${source} returned the member ${misspelt}: ${ALLOWED}`)
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
  return new InvalidResult(`${source} returned something else: ${ALLOWED}`)
}
