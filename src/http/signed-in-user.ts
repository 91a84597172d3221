/** Who manages tokens: the user whom the host's `authenticateUser` names, and nobody else. */

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { UserRequired } from '../errors.ts'
import { isScopeList } from '../token/scope.ts'
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
    slotted[USER] = checkedUser(user)
  })
}

/** The user of a request that `requireUser` let through. */
export function userOf(request: FastifyRequest): SignedInUser {
  const user = (request as unknown as UserRequest)[USER]
  if (user === null) throw new UserRequired()
  return user
}

/** A wrong answer is the host's mistake, not the client's. */
function checkedUser(user: unknown): SignedInUser {
  if (!isSignedInUser(user)) {
    throw new TypeError('authenticateUser must return { id: string, scopes?: string[] } or null')
  }
  const fault = userIdFault(user.id)
  if (fault !== undefined) throw new TypeError(`authenticateUser returned a user whose id ${fault}`)
  return user
}

function isSignedInUser(user: unknown): user is SignedInUser {
  if (typeof user !== 'object' || user === null || !('id' in user)) return false
  const scopes = 'scopes' in user ? user.scopes : undefined
  return scopes === undefined || isScopeList(scopes)
}
