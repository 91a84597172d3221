/** Rotates a token: issues a successor. The old token ends when the successor is used, or after the grace period. */

import { type Duration, parseDuration } from '../duration.ts'
import { InvalidInput, TokenConflict, TokenNotFound } from '../errors.ts'
import { findToken } from '../store/find-token.ts'
import { creatorOf } from '../token/actor.ts'
import { isTokenId } from '../token/claims.ts'
import { endsAt } from '../token/status.ts'
import type { OwnedToken, TokenRecord } from '../token/token.ts'
import { lookUpActiveUser } from '../verification/look-up-user.ts'
import { viewOf } from './api-token.ts'
import { requireAuthorized } from './authorize-issue.ts'
import { changeToken } from './change-token.ts'
import type { ActingScope, Context } from './context.ts'
import { endedRules, tooManyEnded } from './ended-tokens.ts'
import { type ExpiryPolicy, lifetimeMs } from './expiry-policy.ts'
import { findOwned } from './get-token.ts'
import type { IssuedToken } from './issue-token.ts'
import { makeToken } from './make-token.ts'
import { distinctScopes } from './valid-input.ts'
import { withRefreshToken } from './with-refresh-token.ts'

export interface RotateRequest {
  /**
   * How long the old token stays valid while the successor is unused: milliseconds, or a string such as `'1h'`, at most a
   * week. Default: a day.
   */
  readonly gracePeriod?: Duration | undefined
  /** The lifetime of the successor, as for `issue`. Default: the lifetime of the old token, within `expiry.max`. */
  readonly expiresIn?: Duration | null | undefined
  /** Default: the scopes of the old token that its owner still has. */
  readonly scopes?: readonly string[] | undefined
  /** The scopes that the signed-in user may grant. Left out: the whole catalogue. */
  readonly grantable?: readonly string[] | undefined
  /** The user's access token at the identity provider (RFC 8693). Required with `identityProvider`. */
  readonly subjectToken?: string | undefined
}

/** A day, in milliseconds. */
export const DEFAULT_GRACE_MS = 86_400_000
/** A week, in milliseconds. */
export const MAX_GRACE_MS = 604_800_000

/**
 * Issues the successor of an active token, with the same name, description and owner. While the successor is unused, a
 * further rotation replaces it, because the response with its credential may have been lost.
 *
 * @throws {InvalidInput} For an invalid grace period, lifetime or scope.
 * @throws {ScopeNotGrantable} For a scope that the user does not have.
 * @throws {TokenNotFound} For an unknown id, or another user's token.
 * @throws {UserInactive} For an owner who is deactivated or removed.
 * @throws {TokenConflict} For a token that is not active, is an unused successor, or was rotated at the same time; for one
 * whose row is not as it was sealed; and for a user with too many tokens that ended within 24 hours.
 * @throws As `requireAuthorized`.
 */
export async function rotateToken(
  context: Context,
  id: string,
  request: RotateRequest,
  scope: ActingScope,
): Promise<IssuedToken> {
  const graceMs = graceOf(request)
  const lifetime = request.expiresIn === undefined ? undefined : lifetimeMs(context.expiry, request.expiresIn)
  const wanted = request.scopes === undefined ? undefined : distinctScopes(request.scopes)
  if (!isTokenId(id)) throw new TokenNotFound()
  const { token: old, owner } = await findOwned(context, id, scope)
  requireAsIssued(context, old)
  const scopes = await scopesOf(context, old, wanted, request.grantable)
  await requireNoUnusedSuccessor(context, old)
  const now = context.clock.now()
  requireActive(context, { token: old, owner }, now)
  const successor = draftOf(context, old, { scopes, lifetime, now })
  await requireAuthorized(context, successor, scope.by, scope.httpRequest)
  return withRefreshToken(context, request.subjectToken, (refreshToken) =>
    issueSuccessor(context, old, { successor, now, graceMs, scope, refreshToken }),
  )
}

/** The members of the successor that the old token and the request decide. */
type SuccessorDraft = ReturnType<typeof draftOf>

/** @param chosen `lifetime` is in milliseconds; `null` for no expiry, `undefined` for the lifetime of the old token. */
function draftOf(
  { expiry }: Context,
  old: TokenRecord,
  chosen: { scopes: readonly string[]; lifetime: number | null | undefined; now: number },
) {
  const { scopes, lifetime = lifetimeAfter(old, expiry), now } = chosen
  const { id: predecessorId, name, description, userId, metadata, allowedIps, rateLimit } = old
  const expiresAt = lifetime === null ? null : now + lifetime
  return { userId, name, description, scopes, expiresAt, predecessorId, metadata, allowedIps, rateLimit }
}

interface SuccessorPlan {
  readonly successor: SuccessorDraft
  readonly now: number
  readonly graceMs: number
  readonly scope: ActingScope
  readonly refreshToken: string | undefined
}

async function issueSuccessor(
  context: Context,
  old: TokenRecord,
  { successor, now, graceMs, scope, refreshToken }: SuccessorPlan,
): Promise<IssuedToken> {
  const { id, successorId: replaces } = old
  const wanted = { ...successor, createdBy: creatorOf(scope.by) }
  const { record, credential } = makeToken(context, wanted, now, refreshToken)
  const { token: rotated, changed } = await changeToken(context, id, {
    ends: graceMs === 0,
    write: async () => {
      const room = endedRules(context, now)
      const graceEndsAt = now + graceMs
      const outcome = await context.store.rotateToken(id, record, {
        userId: scope.userId,
        ...room,
        now,
        graceEndsAt,
        replaces,
        // The successor copies the limits, which an administrator may have changed since they were read.
        seal: old.seal,
      })
      if (outcome.outcome === 'ended_limit_reached') throw new TokenConflict(tooManyEnded(context))
      return outcome
    },
  }).finally(() => {
    if (replaces !== null) context.invalidations.publish({ target: { tokenId: replaces }, ended: false })
  })
  if (!changed) throw new TokenConflict('The API token was changed at the same time: read it again')
  const token = viewOf({ ...record, generation: rotated.generation }, null, now, context)
  const cause = { at: new Date(now), by: scope.by, reason: null }
  context.events.emitSafely('issued', { ...cause, token })
  const predecessor = viewOf(rotated, null, now, context)
  context.events.emitSafely('rotated', { ...cause, token: predecessor, successor: token })
  return { token, credential }
}

/** Otherwise a row that was given more rights by SQL would be copied into a row with a seal of its own. */
function requireAsIssued({ signer, onNotAsIssued }: Context, token: TokenRecord): void {
  if (signer.isSealed(token)) return
  onNotAsIssued(token.id, 'rotated')
  throw new TokenConflict('The API token is refused, and cannot be rotated: generate another')
}

function graceOf({ gracePeriod = DEFAULT_GRACE_MS }: RotateRequest): number {
  const ms = parseDuration(gracePeriod)
  if (ms !== undefined && ms >= 0 && ms <= MAX_GRACE_MS) return ms
  throw new InvalidInput(
    `gracePeriod must be milliseconds from 0 to ${MAX_GRACE_MS}, or a string such as '1h'`,
  )
}

/** Promise 8: requested scopes must be the owner's. Scopes carried over from the old token are cut to the owner's. */
async function scopesOf(
  { catalogue, findUser }: Context,
  old: TokenRecord,
  wanted: readonly string[] | undefined,
  grantable: readonly string[] | undefined,
): Promise<readonly string[]> {
  if (wanted !== undefined) catalogue.requireGrantable(wanted, grantable)
  const owner = await lookUpActiveUser(findUser, old.userId)
  if (wanted !== undefined) {
    catalogue.requireGrantable(wanted, owner.scopes)
    return wanted
  }
  return catalogue.grantable(old.scopes, grantable, owner.scopes)
}

/** Otherwise the first use of the second successor would end the first one, which its owner may just have deployed. */
async function requireNoUnusedSuccessor(
  { store, clock, maxAgeMs }: Context,
  token: TokenRecord,
): Promise<void> {
  if (token.predecessorId === null) return
  const predecessor = (await findToken(store, token.predecessorId))?.token
  const works =
    predecessor?.successorId === token.id &&
    predecessor.status !== 'revoked' &&
    clock.now() < (endsAt(predecessor, maxAgeMs) ?? 0)
  if (works) {
    throw new TokenConflict('The API token has not been used since its rotation: rotate its predecessor')
  }
}

function requireActive(context: Context, { token, owner }: OwnedToken, now: number): void {
  const { status } = viewOf(token, owner, now, context)
  if (status !== 'active')
    throw new TokenConflict(`The API token is ${status}: only an active one is rotated`)
}

/** The lifetime of the old token, within `expiry.max`. */
function lifetimeAfter({ createdAt, expiresAt }: TokenRecord, { maxMs }: ExpiryPolicy): number | null {
  const givenMs = Math.min(expiresAt === null ? Infinity : expiresAt - createdAt, maxMs ?? Infinity)
  return givenMs === Infinity ? null : givenMs
}
