/** Rotates a token: a new one takes its place, and the old one ends when the new one is used or its grace is over. */

import { type Duration, parseDuration } from '../duration.ts'
import { InvalidInput, TokenConflict, TokenNotFound } from '../errors.ts'
import { isTokenId } from '../token/claims.ts'
import { effectiveScopes } from '../token/scope.ts'
import { endsAt } from '../token/status.ts'
import type { OwnedToken, TokenRecord } from '../token/token.ts'
import { lookUpActiveUser } from '../verification/look-up-user.ts'
import { viewOf } from './api-token.ts'
import { changeToken } from './change-token.ts'
import type { Context, OwnerScope } from './context.ts'
import { endedRules, tooManyEnded } from './ended-tokens.ts'
import { type ExpiryPolicy, lifetimeMs } from './expiry-policy.ts'
import { findOwned } from './get-token.ts'
import type { IssuedToken } from './issue-token.ts'
import { makeToken } from './make-token.ts'
import { distinctScopes } from './valid-input.ts'
import { withRefreshToken } from './with-refresh-token.ts'

export interface RotateRequest {
  /**
   * How long the old token works while the new one is unused: milliseconds, or a string such as `'1h'`, at most a week.
   * Default: a day.
   */
  readonly gracePeriod?: Duration | undefined
  /** How long the new token lives, as for `issue`. Left out, as long as the old one was given, within `expiry.max`. */
  readonly expiresIn?: Duration | null | undefined
  /** Left out: those of the old token, as far as its owner still has them. */
  readonly scopes?: readonly string[] | undefined
  /** What the granting user has; left out, the whole catalogue. */
  readonly grantable?: readonly string[] | undefined
  /** The user's token at the identity provider (RFC 8693), where that holds the tokens. */
  readonly subjectToken?: string | undefined
}

/** A day, in milliseconds. */
export const DEFAULT_GRACE_MS = 86_400_000
/** A week, in milliseconds. */
export const MAX_GRACE_MS = 604_800_000

/**
 * Issues the successor of an active token, with its name, description, owner and length of life. Asked again while
 * the successor is unused, it replaces that one: its answer may have been lost.
 *
 * @throws {InvalidInput} A grace period, lifetime or scope that cannot be.
 * @throws {ScopeNotGrantable} A scope that the user does not have.
 * @throws {TokenNotFound} An id that is unknown, or of another user's token.
 * @throws {UserInactive} An owner who is deactivated or removed.
 * @throws {TokenConflict} A token that is not active, that is itself an unused successor, or that another rotation
 * has changed meanwhile; or a user with too many tokens that ended within 24 hours.
 */
export async function rotateToken(
  context: Context,
  id: string,
  request: RotateRequest = {},
  scope: OwnerScope = {},
): Promise<IssuedToken> {
  const graceMs = graceOf(request)
  const lifetime = request.expiresIn === undefined ? undefined : lifetimeMs(context.expiry, request.expiresIn)
  const wanted = request.scopes === undefined ? undefined : distinctScopes(request.scopes)
  if (!isTokenId(id)) throw new TokenNotFound()
  const { token: old, owner } = await findOwned(context, id, scope)
  const scopes = await scopesOf(context, old, wanted, request.grantable)
  await requireNoUnusedSuccessor(context, old)
  requireActive(context, { token: old, owner }, context.clock.now())
  return withRefreshToken(context, request.subjectToken, (refreshToken) =>
    writeSuccessor(context, old, { scopes, graceMs, lifetime, scope, refreshToken }),
  )
}

interface Succeeding {
  readonly scopes: readonly string[]
  readonly graceMs: number
  /** In milliseconds; `null` is without end, `undefined` as long as the old token was given. */
  readonly lifetime: number | null | undefined
  readonly scope: OwnerScope
  readonly refreshToken: string | undefined
}

async function writeSuccessor(
  context: Context,
  old: TokenRecord,
  { scopes, graceMs, lifetime = lifetimeAfter(old, context.expiry), scope, refreshToken }: Succeeding,
): Promise<IssuedToken> {
  const now = context.clock.now()
  const { id, name, description, userId, successorId: replaces } = old
  const expiresAt = lifetime === null ? null : now + lifetime
  const { record, credential } = makeToken(
    context,
    { userId, name, description, scopes, expiresAt, predecessorId: id },
    now,
    refreshToken,
  )
  const { token: rotated, changed } = await changeToken(context, id, {
    ends: graceMs === 0,
    write: async () => {
      const room = endedRules(context, now)
      const graceEndsAt = now + graceMs
      const outcome = await context.store.rotateToken(id, record, {
        ...scope,
        ...room,
        now,
        graceEndsAt,
        replaces,
      })
      if (outcome.outcome === 'ended_limit_reached') throw new TokenConflict(tooManyEnded(context))
      return outcome
    },
  }).finally(() => {
    if (replaces !== null) context.invalidations.publish({ target: { tokenId: replaces }, ended: false })
  })
  if (!changed) throw new TokenConflict('The API token was changed at the same moment: look at it again')
  const token = viewOf({ ...record, generation: rotated.generation }, null, now, context)
  context.events.emitSafely('issued', { token })
  context.events.emitSafely('rotated', { token: viewOf(rotated, null, now, context), successor: token })
  return { token, credential }
}

function graceOf({ gracePeriod = DEFAULT_GRACE_MS }: RotateRequest): number {
  const ms = parseDuration(gracePeriod)
  if (ms !== undefined && ms >= 0 && ms <= MAX_GRACE_MS) return ms
  throw new InvalidInput(
    `gracePeriod must be milliseconds from 0 to ${MAX_GRACE_MS}, or a string such as '1h'`,
  )
}

/** Promise 8: what is asked for must be the owner's, what is carried over is cut to it. */
async function scopesOf(
  { catalogue, findUser }: Context,
  old: TokenRecord,
  wanted: readonly string[] | undefined,
  grantable: readonly string[] | undefined,
): Promise<readonly string[]> {
  if (wanted !== undefined) catalogue.requireGrantable(wanted, grantable)
  const word = await lookUpActiveUser(findUser, old.userId)
  if (wanted !== undefined) {
    catalogue.requireGrantable(wanted, word.scopes)
    return wanted
  }
  const offered = catalogue.entries(grantable).map(({ name }) => name)
  return effectiveScopes(effectiveScopes(old.scopes, offered), word.scopes)
}

/** A token with two tokens before it that work would end one of them unseen. */
async function requireNoUnusedSuccessor(
  { store, clock, maxAgeMs }: Context,
  token: TokenRecord,
): Promise<void> {
  if (token.predecessorId === null) return
  const predecessor = (await store.findToken(token.predecessorId))?.token
  const works =
    predecessor?.successorId === token.id &&
    predecessor.status !== 'revoked' &&
    clock.now() < (endsAt(predecessor, maxAgeMs) ?? 0)
  if (works) {
    throw new TokenConflict(
      'The API token has not been used since the rotation: rotate the one that it replaces',
    )
  }
}

function requireActive(context: Context, { token, owner }: OwnedToken, now: number): void {
  const { status } = viewOf(token, owner, now, context)
  if (status !== 'active')
    throw new TokenConflict(`The API token is ${status}: only an active one is rotated`)
}

/** A token that expires is followed by one with the same lifetime. */
function lifetimeAfter({ createdAt, expiresAt }: TokenRecord, { maxMs }: ExpiryPolicy): number | null {
  const givenMs = Math.min(expiresAt === null ? Infinity : expiresAt - createdAt, maxMs ?? Infinity)
  return givenMs === Infinity ? null : givenMs
}
