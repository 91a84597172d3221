/** Calls the host's `findUser` with a time limit, and checks its result. */

import { InvalidResult, UserInactive, unavailable, userUnknown } from '../errors.ts'
import { isRecord, misspelledMember } from '../option-values.ts'
import { scopeListOf } from '../token/scope.ts'
import { withTimeout } from '../with-timeout.ts'

/** A user that the host knows. */
export interface KnownUser {
  readonly active: boolean
  /** The scopes that the user has now. Left out: every scope. */
  readonly scopes?: readonly string[] | undefined
}

/** The result of `findUser`; `null` when the user no longer exists. */
export type UserStatus = KnownUser | null

export type FindUser = (userId: string) => UserStatus | Promise<UserStatus>

/** The time limit of `findUser`, in milliseconds. */
const FIND_USER_TIMEOUT_MS = 5_000

/** The result without `findUser`. */
const ACTIVE: KnownUser = { active: true }

/**
 * Looks up a user in the host's user database. Without `findUser` every user is active.
 *
 * @throws {StoreUnavailable} When `findUser` throws, or has no result within 5 s.
 * @throws {InvalidResult} When the result has another form. Waiting does not help, so it is not a 503.
 */
export async function lookUpUser(findUser: FindUser | undefined, userId: string): Promise<UserStatus> {
  if (findUser === undefined) return ACTIVE
  let result: unknown
  try {
    result = await withTimeout(findUser(userId), FIND_USER_TIMEOUT_MS, 'findUser')
  } catch (cause) {
    throw unavailable(cause)
  }
  return readUserStatus(result)
}

/**
 * Looks up a user who must be active.
 *
 * @throws {UserInactive} For a user who is inactive, or unknown to `findUser`: the messages differ.
 * @throws As `lookUpUser`.
 */
export async function lookUpActiveUser(findUser: FindUser | undefined, userId: string): Promise<KnownUser> {
  const user = await lookUpUser(findUser, userId)
  if (user === null) throw userUnknown()
  if (!user.active) throw new UserInactive()
  return user
}

/** Reads each member once, so that the checked value is the used one even if the host changes its object later. */
function readUserStatus(result: unknown): UserStatus {
  if (result === null) return null
  if (!isRecord(result)) throw invalidUserStatus()
  const { active, scopes } = result
  const misspelled = misspelledMember(result, ['active', 'scopes'])
  if (misspelled !== undefined)
    throw new InvalidResult(`findUser returned the member ${misspelled}: ${ALLOWED}`)
  if (typeof active !== 'boolean') throw invalidUserStatus()
  if (scopes === undefined) return { active }
  const list = scopeListOf(scopes)
  if (list === undefined) throw invalidUserStatus()
  return { active, scopes: list }
}

const ALLOWED = 'it must return { active: boolean, scopes?: string[] } or null'

function invalidUserStatus(): Error {
  return new InvalidResult(`findUser returned something else: ${ALLOWED}`)
}
