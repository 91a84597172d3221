/** Who caused an event: a change of a token or of its owner, or a refused request. */

import type { Creator } from './token.ts'

/**
 * - `user`: a signed-in user.
 * - `token`: a request with the token's credential.
 * - `admin`: an administrator.
 * - `code`: a call of `app.apiTokens` without `by`.
 * - `system`: the plugin itself, such as its sweep.
 */
export type ActorKind = 'user' | 'token' | 'admin' | 'code' | 'system'

export interface Actor {
  readonly kind: ActorKind
  /** The id of the user, administrator or token; `null` for `code`, for `system` and for an invalid signature. */
  readonly id: string | null
  /** The address of the request, which follows the host's `trustProxy`; `null` without a request. Personal data. */
  readonly ip: string | null
}

/** The person for whom code makes a change. */
export interface GivenActor {
  readonly kind: 'admin' | 'user'
  readonly id: string
  readonly ip?: string | null | undefined
}

/** Who created a token, by the actor of its issue. */
export function creatorOf({ kind, id }: Actor): Creator {
  return kind === 'user' || kind === 'admin' ? { kind, id } : { kind: 'code', id: null }
}

/** The plugin itself. */
export const SYSTEM: Actor = Object.freeze({ kind: 'system', id: null, ip: null })

const CODE: Actor = Object.freeze({ kind: 'code', id: null, ip: null })

/** The actor of a change by code. */
export function actorOf(given: GivenActor | undefined): Actor {
  if (given === undefined) return CODE
  const { kind, id, ip = null } = given
  return { kind, id, ip }
}
