/** The signed-in user of a request, as the host's `authenticateUser` returns it. */

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { InvalidResult, ownerUnknown, UserRequired } from '../errors.ts'
import { isRecord, misspelledMember } from '../option-values.ts'
import type { Actor } from '../token/actor.ts'
import { scopeListOf } from '../token/scope.ts'
import { userIdFault } from '../token/text.ts'
import { checkedOwners, type ManagedOwner } from './managed-owners.ts'
import { typeOfOwner } from './owner-types.ts'
import { addressOf } from './request-address.ts'

/** The user that `authenticateUser` returns. */
export interface SignedInUser {
  readonly id: string
  /** The scopes that the user may grant. Default: the whole scope catalogue. */
  readonly scopes?: readonly string[] | undefined
  /** Further owners whose tokens the user may manage, at most 1,000. Default: none. */
  readonly owners?: readonly ManagedOwner[] | undefined
}

export type AuthenticateUser = (
  request: FastifyRequest,
) => SignedInUser | null | undefined | Promise<SignedInUser | null | undefined>

/** How the plugin learns who is signed in. */
export interface UserSource {
  readonly authenticateUser: AuthenticateUser
  /** The option: no id of a user begins with one of these types and a colon. */
  readonly ownerTypes: readonly string[]
}

const USER = Symbol('fastify-api-tokens.user')

interface UserRequest {
  [USER]: SignedInUser | null
}

/** Requires a signed-in user for every route of the scope. Errors of `authenticateUser` are passed on. */
export function requireUser(scope: FastifyInstance, { authenticateUser, ownerTypes }: UserSource): void {
  scope.decorateRequest(USER, null)
  // Not earlier, because some hosts restore sessions in `preValidation`.
  scope.addHook('preValidation', async (request) => {
    const user: unknown = await authenticateUser(request)
    if (user === null || user === undefined) throw new UserRequired()
    // `decorateRequest` above has added the property.
    const slotted = request as unknown as UserRequest
    slotted[USER] = checkedSignedInUser(user, ownerTypes)
  })
}

/** The user of a request that passed `requireUser`. */
export function userOf(request: FastifyRequest): SignedInUser {
  const user = (request as unknown as UserRequest)[USER]
  if (user === null) throw new UserRequired()
  return user
}

/**
 * Promise 8: the owner whose tokens a management request reads or changes. The parameter `owner` of the query only
 * chooses among the ids that `authenticateUser` returned for this request. Default: the user.
 *
 * @throws {TokenNotFound} For any other id.
 */
export function ownerOf(request: FastifyRequest): Omit<ManagedOwner, 'name'> {
  const user = userOf(request)
  // A route whose schema has no `owner` has refused it.
  const { owner: id = user.id } = request.query as { readonly owner?: string }
  const chosen = [user, ...(user.owners ?? [])].find((owner) => owner.id === id)
  if (chosen === undefined) throw ownerUnknown()
  return chosen
}

/** The user of a request that passed `requireUser`, as `by` of its changes. The owner of the token may be another. */
export function signedInActor(request: FastifyRequest): Actor {
  return { kind: 'user', id: userOf(request).id, ip: addressOf(request) }
}

/** @throws {InvalidResult} */
function checkedSignedInUser(user: unknown, ownerTypes: readonly string[]): SignedInUser {
  const source = 'authenticateUser'
  const checked = checkedUser(user, source, ownerTypes)
  // `checkedUser` accepts only objects.
  const { owners } = user as { readonly owners?: unknown }
  return owners === undefined ? checked : { ...checked, owners: checkedOwners(owners, source, ownerTypes) }
}

/**
 * Checks a user that a function of the host returned. A wrong result is the host's mistake, not the client's. Other
 * members are allowed, but not a misspelled one: without `scopes` a user may grant every scope. Each member is read
 * once.
 *
 * @param source The name of the function, for the error.
 * @throws {InvalidResult}
 */
export function checkedUser(
  user: unknown,
  source: string,
  ownerTypes: readonly string[],
): Pick<SignedInUser, 'id' | 'scopes'> {
  if (!isRecord(user)) throw wrongUser(source)
  const { id, scopes } = user
  const misspelled = misspelledMember(user, ['id', 'scopes'])
  if (misspelled !== undefined) {
    throw new InvalidResult(`${source} returned the member ${misspelled}: ${ALLOWED}`)
  }
  if (typeof id !== 'string') throw wrongUser(source)
  const fault = userIdFault(id)
  if (fault !== undefined) throw new InvalidResult(`${source} returned a user whose id ${fault}`)
  const type = typeOfOwner(id, ownerTypes)
  if (type !== undefined) {
    throw new InvalidResult(`${source} returned a user whose id begins with ${type}:, a type of ownerTypes`)
  }
  if (scopes === undefined) return { id }
  const list = scopeListOf(scopes)
  if (list === undefined) throw wrongUser(source)
  return { id, scopes: list }
}

const ALLOWED = 'it must return { id: string, scopes?: string[] } or null'

function wrongUser(source: string): Error {
  return new InvalidResult(`${source} returned an invalid user: ${ALLOWED}`)
}
