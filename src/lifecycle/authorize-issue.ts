/** Asks the host whether a token may be issued, before anything is stored. */

import { InvalidResult, unavailable } from '../errors.ts'
import { type Actor, creatorOf } from '../token/actor.ts'
import type { Creator, TokenLimits, TokenRecord } from '../token/token.ts'
import { withTimeout } from '../with-timeout.ts'

/** A token that is about to be issued. Deeply frozen. */
export interface IssueDraft extends TokenLimits {
  readonly userId: string
  readonly name: string | null
  readonly description: string | null
  readonly scopes: readonly string[]
  /** In milliseconds since the epoch, UTC; `null` for no expiry. */
  readonly expiresAt: number | null
  readonly createdBy: Creator
  /** The token that a rotation replaces; otherwise `null`. */
  readonly predecessorId: string | null
}

/** Who issues the token. `Request` is Fastify's, which this folder does not know. */
export interface IssueCause<Request = object> {
  readonly by: Actor
  /** The HTTP request; missing for a call of `app.apiTokens`. */
  readonly request?: Request
}

/** Returns `true`, or throws the error that the caller gets. */
export type AuthorizeIssue<Request = object> = (
  draft: IssueDraft,
  cause: IssueCause<Request>,
) => true | Promise<true>

/** The time limit of `authorizeIssue`, in milliseconds. */
const TIMEOUT_MS = 5_000

/** The members of a draft that the operation has decided. Their lists and objects may be those of a stored record. */
type DecidedMembers = Pick<TokenRecord, Exclude<keyof IssueDraft, 'createdBy'>>

/**
 * @param request The HTTP request, if there is one.
 * @throws {Error} What the host threw.
 * @throws {InvalidResult} When the host returns anything but `true`, or throws anything but an error.
 * @throws {StoreUnavailable} When there is no result within 5 s.
 */
export async function requireAuthorized(
  { authorizeIssue }: { readonly authorizeIssue: AuthorizeIssue | undefined },
  token: DecidedMembers,
  by: Actor,
  request: object | undefined,
): Promise<void> {
  if (authorizeIssue === undefined) return
  const { userId, name, description, scopes, expiresAt, metadata, allowedIps, rateLimit, predecessorId } =
    token
  const createdBy = creatorOf(by)
  // A copy: the host must not change what is issued, and a record of a store is not frozen.
  const draft = deeplyFrozen(
    structuredClone({
      ...{ userId, name, description, scopes, expiresAt, metadata, allowedIps, rateLimit },
      ...{ createdBy, predecessorId },
    }),
  )
  const cause = Object.freeze({ by: Object.freeze({ ...by }), ...(request === undefined ? {} : { request }) })
  const outcome = await outcomeOf(authorizeIssue, draft, cause)
  if ('thrown' in outcome) throw errorOf(outcome.thrown)
  if (outcome.result !== true) throw new InvalidResult('authorizeIssue must return true, or throw an error')
}

type Outcome = { readonly result: unknown } | { readonly thrown: unknown }

/** An error of the host is a result here, so that only the timeout is thrown. */
async function outcomeOf(
  authorizeIssue: AuthorizeIssue,
  draft: IssueDraft,
  cause: IssueCause,
): Promise<Outcome> {
  const call = async (): Promise<Outcome> => {
    try {
      return { result: await authorizeIssue(draft, cause) }
    } catch (thrown) {
      return { thrown }
    }
  }
  try {
    return await withTimeout(call(), TIMEOUT_MS, 'authorizeIssue')
  } catch (timeout) {
    throw unavailable(timeout)
  }
}

function errorOf(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown
  return new InvalidResult('authorizeIssue threw something else than an error')
}

function deeplyFrozen<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value
  for (const member of Object.values(value)) deeplyFrozen(member)
  return Object.freeze(value)
}
