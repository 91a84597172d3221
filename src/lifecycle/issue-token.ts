/** Issues a token. Its credential is returned here and stored nowhere. */

import type { Duration } from '../duration.ts'
import { ScopeNotGrantable, TokenConflict, UserInactive } from '../errors.ts'
import { type Actor, creatorOf } from '../token/actor.ts'
import { userIdFault } from '../token/text.ts'
import { type NewTokenRecord, NO_LIMITS } from '../token/token.ts'
import { lookUpActiveUser } from '../verification/look-up-user.ts'
import { type ApiToken, viewOf } from './api-token.ts'
import { requireAuthorized } from './authorize-issue.ts'
import type { Context } from './context.ts'
import { endedRules, tooManyEnded } from './ended-tokens.ts'
import { lifetimeMs } from './expiry-policy.ts'
import { makeToken } from './make-token.ts'
import { requireNoCredential } from './no-credential.ts'
import { type GivenLimits, limitsFrom } from './token-limits.ts'
import { distinctScopes, requireNoFault, requireTexts } from './valid-input.ts'
import { withRefreshToken } from './with-refresh-token.ts'

/** `metadata`, `allowedIps` and `rateLimit` are for code and administrators: owners must not set them. */
export interface IssueRequest extends GivenLimits {
  readonly userId: string
  readonly name?: string | null | undefined
  readonly description?: string | null | undefined
  /** Left out: none. */
  readonly scopes?: readonly string[] | undefined
  /**
   * The lifetime: milliseconds, or a string such as `'30d'`, within the option `expiry`; `null` for no expiry. Default:
   * `expiry.default`.
   */
  readonly expiresIn?: Duration | null | undefined
  /** The scopes that the signed-in user may grant. Left out: the whole catalogue. */
  readonly grantable?: readonly string[] | undefined
  /** The user's access token at the identity provider (RFC 8693). Required with `identityProvider`. */
  readonly subjectToken?: string | undefined
}

export interface IssuedToken {
  readonly token: ApiToken
  /** The secret string. It is not stored and cannot be shown again. */
  readonly credential: string
}

/**
 * Issues a token to a user.
 *
 * @throws {InvalidInput} For an invalid name, description, scope, lifetime or limit.
 * @throws {ScopeNotGrantable} For a scope that the user does not have.
 * @throws {UserInactive} For a user who is deactivated or removed.
 * @throws {ProviderRefused} When the identity provider refuses a refresh token.
 * @throws {TokenConflict} For a user with `maxTokensPerUser` tokens, or with too many that ended within 24 hours.
 * @throws As `requireAuthorized`.
 */
export async function issueToken(
  context: Context,
  request: IssueRequest,
  by: Actor,
  httpRequest?: object,
): Promise<IssuedToken> {
  requireValid(context, request)
  const { catalogue, findUser } = context
  const scopes = distinctScopes(request.scopes)
  catalogue.requireGrantable(scopes, request.grantable)
  const owner = await lookUpActiveUser(findUser, request.userId)
  // Promise 8: granted scopes never exceed the owner's.
  catalogue.requireGrantable(scopes, owner.scopes)
  return issue(context, request, scopes, { by, httpRequest })
}

/**
 * Issues with those of the requested scopes that can be granted, as the grants of OAuth do (RFC 6749 §3.3).
 *
 * @throws {ScopeNotGrantable} When scopes are requested and none can be granted.
 * @throws As `issueToken`.
 */
export async function issueGrantableScopes(
  context: Context,
  request: IssueRequest,
  by: Actor,
  httpRequest?: object,
): Promise<IssuedToken> {
  requireValid(context, request)
  const { catalogue, findUser } = context
  const wanted = distinctScopes(request.scopes)
  const owner = await lookUpActiveUser(findUser, request.userId)
  const scopes = catalogue.grantable(wanted, request.grantable, owner.scopes)
  if (wanted.length > 0 && scopes.length === 0) throw new ScopeNotGrantable(wanted.join(', '))
  return issue(context, request, scopes, { by, httpRequest })
}

function requireValid(context: Context, request: IssueRequest): void {
  requireNoFault('userId', userIdFault(request.userId))
  requireNoCredential(context, 'userId', request.userId, context.clock.now())
  requireTexts(request)
}

interface Issuer {
  readonly by: Actor
  readonly httpRequest: object | undefined
}

async function issue(
  context: Context,
  request: IssueRequest,
  scopes: readonly string[],
  { by, httpRequest }: Issuer,
): Promise<IssuedToken> {
  const { userId, name = null, description = null, subjectToken } = request
  const lifetime = lifetimeMs(context.expiry, request.expiresIn)
  const limits = { ...NO_LIMITS, ...limitsFrom(request) }
  const now = context.clock.now()
  const expiresAt = lifetime === null ? null : now + lifetime
  const draft = { userId, name, description, scopes, expiresAt, createdBy: creatorOf(by), ...limits }
  await requireAuthorized(context, { ...draft, predecessorId: null }, by, httpRequest)
  const issued = await withRefreshToken(context, subjectToken, async (refreshToken) => {
    const { record, credential } = makeToken(context, draft, now, refreshToken)
    return { token: await insert(context, record, now), credential }
  })
  const { token } = issued
  context.events.emitSafely('issued', { at: new Date(token.createdAt), by, reason: null, token })
  return issued
}

async function insert(context: Context, draft: NewTokenRecord, now: number): Promise<ApiToken> {
  const inserted = await context.store.insertToken(draft, {
    maxTokens: context.maxTokensPerUser,
    now,
    ...endedRules(context, now),
  })
  switch (inserted.outcome) {
    case 'inserted':
      return viewOf(inserted.token, null, now, context)
    case 'owner_inactive':
      throw new UserInactive()
    case 'limit_reached':
      throw new TokenConflict(`There are ${context.maxTokensPerUser} API tokens already: revoke one first`)
    case 'ended_limit_reached':
      throw new TokenConflict(tooManyEnded(context))
    default:
      return inserted satisfies never
  }
}
