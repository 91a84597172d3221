/** Asks the host what it knows of an owner, and waits for the answer only so long. */

import { InvalidResult, UserInactive, unavailable, userUnknown } from '../errors.ts'
import { isRecord, misspeltMember } from '../option-values.ts'
import { scopeListOf } from '../token/scope.ts'
import { withTimeout } from '../with-timeout.ts'

/** The host's word on a user: active, with the scopes they have now, or gone. */
export interface KnownUser {
  readonly active: boolean
  /** Left out: every scope. */
  readonly scopes?: readonly string[] | undefined
}

/** `null` is a user that is gone. */
export type UserStatus = KnownUser | null

export type FindUser = (userId: string) => UserStatus | Promise<UserStatus>

/** How long an answer may take, in milliseconds. */
export const FIND_USER_TIMEOUT_MS = 5_000

/** An owner of whom the host says nothing. */
const ACTIVE: KnownUser = { active: true }

/**
 * Asks `findUser`; without one every owner is active.
 *
 * @throws {StoreUnavailable} When it throws, or has no result within 5 s: neither a refusal nor a pass.
 * @throws {InvalidResult} When it returns anything else than it may: waiting does not help.
 */
export async function lookUpUser(findUser: FindUser | undefined, userId: string): Promise<UserStatus> {
  if (findUser === undefined) return ACTIVE
  let word: unknown
  try {
    word = await withTimeout(findUser(userId), FIND_USER_TIMEOUT_MS, 'findUser')
  } catch (cause) {
    throw unavailable(cause)
  }
  return readUserStatus(word)
}

/**
 * Asks `findUser` about an owner who must be active.
 *
 * @throws {UserInactive} For an owner who is not active, and with another message for one that `findUser` does not know.
 * @throws As `lookUpUser`.
 */
export async function askActiveOwner(findUser: FindUser | undefined, userId: string): Promise<KnownUser> {
  const word = await lookUpUser(findUser, userId)
  if (word === null) throw userUnknown()
  if (!word.active) throw new UserInactive()
  return word
}

/** Each member is read once: what was checked is what counts, also when the host changes its object later. */
function readUserStatus(word: unknown): UserStatus {
  if (word === null) return null
  if (!isRecord(word)) throw invalidUserStatus()
  const { active, scopes } = word
  const misspelt = misspeltMember(word, ['active', 'scopes'])
  if (misspelt !== undefined) throw new InvalidResult(`findUser returned the member ${misspelt}: ${ALLOWED}`)
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
