/** Asks the host what it knows of an owner, and waits for the answer only so long. */

import { unavailable } from '../errors.ts'
import { isScopeList } from '../token/scope.ts'
import { withinTime } from '../within-time.ts'

/** The host's word on a user: active, with the scopes they have now, or gone. */
export interface KnownUser {
  readonly active: boolean
  /** Left out: every scope. */
  readonly scopes?: readonly string[]
}

/** `null` is a user that is gone. */
export type OwnerWord = KnownUser | null

export type FindUser = (userId: string) => OwnerWord | Promise<OwnerWord>

/** How long an answer may take, in milliseconds. */
export const FIND_USER_TIMEOUT_MS = 5_000

/** An owner of whom the host says nothing. */
const ACTIVE: KnownUser = { active: true }

/**
 * Asks `findUser`; without one every owner is active.
 *
 * @throws {StoreUnavailable} When it throws, answers with something else, or not within 5 s: what cannot be
 * learned is neither a refusal nor a pass.
 */
export async function askOwner(findUser: FindUser | undefined, userId: string): Promise<OwnerWord> {
  if (findUser === undefined) return ACTIVE
  try {
    const word: unknown = await withinTime(findUser(userId), FIND_USER_TIMEOUT_MS, 'findUser')
    if (!isOwnerWord(word)) throw new TypeError('findUser must return { active, scopes? } or null')
    return word
  } catch (cause) {
    throw unavailable(cause)
  }
}

function isOwnerWord(word: unknown): word is OwnerWord {
  if (word === null) return true
  if (typeof word !== 'object' || !('active' in word) || typeof word.active !== 'boolean') return false
  const scopes = 'scopes' in word ? word.scopes : undefined
  return scopes === undefined || isScopeList(scopes)
}
