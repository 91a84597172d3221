/** Issues a token: the one moment at which its credential leaves. */

import type { Duration } from '../duration.ts'
import { TokenConflict, UserInactive } from '../errors.ts'
import { userIdFault } from '../token/text.ts'
import type { UnownedToken } from '../token/token.ts'
import { lookUpActiveUser } from '../verification/look-up-user.ts'
import { type ApiToken, viewOf } from './api-token.ts'
import type { Context } from './context.ts'
import { endedRules, tooManyEnded } from './ended-tokens.ts'
import { lifetimeMs } from './expiry-policy.ts'
import { makeToken } from './make-token.ts'
import { distinctScopes, requireNoFault, requireTexts } from './valid-input.ts'
import { withRefreshToken } from './with-refresh-token.ts'

export interface IssueRequest {
  readonly userId: string
  readonly name?: string | null | undefined
  readonly description?: string | null | undefined
  /** Left out: none. */
  readonly scopes?: readonly string[] | undefined
  /**
   * How long the token lives: milliseconds, or a string such as `'30d'`, within the option `expiry`; `null` is without
   * end. Left out, `expiry.default`.
   */
  readonly expiresIn?: Duration | null | undefined
  /** What the granting user has; left out, the whole catalogue. */
  readonly grantable?: readonly string[] | undefined
  /** The user's token at the identity provider (RFC 8693), where that holds the tokens. */
  readonly subjectToken?: string | undefined
}

export interface IssuedToken {
  readonly token: ApiToken
  /** The secret string. It is not kept and cannot be shown again. */
  readonly credential: string
}

/**
 * Issues a token to a user.
 *
 * @throws {InvalidInput} A name, description, scope or lifetime that cannot be.
 * @throws {ScopeNotGrantable} A scope that the user does not have.
 * @throws {UserInactive} A user who is deactivated or removed.
 * @throws {ProviderRefused} Where the identity provider holds the tokens, when it gives none.
 * @throws {TokenConflict} A user with `maxTokensPerUser` tokens, or with too many that ended within 24 hours.
 */
export async function issueToken(context: Context, request: IssueRequest): Promise<IssuedToken> {
  requireNoFault('userId', userIdFault(request.userId))
  requireTexts(request)
  const scopes = distinctScopes(request.scopes)
  context.catalogue.requireGrantable(scopes, request.grantable)
  await requireOwner(context, request.userId, scopes)
  const lifetime = lifetimeMs(context.expiry, request.expiresIn)
  const issued = await withRefreshToken(context, request.subjectToken, async (refreshToken) => {
    const now = context.clock.now()
    const { record, credential } = makeToken(
      context,
      {
        userId: request.userId,
        name: request.name ?? null,
        description: request.description ?? null,
        scopes,
        expiresAt: lifetime === null ? null : now + lifetime,
      },
      now,
      refreshToken,
    )
    return { token: await insert(context, record, now), credential }
  })
  context.events.emitSafely('issued', { token: issued.token })
  return issued
}

/** The host's word counts at issue too: promise 8, granted scopes never exceed the owner's. */
async function requireOwner(
  { findUser, catalogue }: Context,
  userId: string,
  scopes: readonly string[],
): Promise<void> {
  const word = await lookUpActiveUser(findUser, userId)
  catalogue.requireGrantable(scopes, word.scopes)
}

async function insert(context: Context, draft: UnownedToken, now: number): Promise<ApiToken> {
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
