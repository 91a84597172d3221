/** Issues the token of a grant, and translates the errors of issuing into errors of OAuth 2.0. */

import { ScopeNotGrantable, TokenConflict, UserInactive } from '../errors.ts'
import type { Context } from '../lifecycle/context.ts'
import { type IssuedToken, type IssueRequest, issueGrantableScopes } from '../lifecycle/issue-token.ts'
import { OAuthError } from './oauth-error.ts'

export interface GrantErrors {
  /** The code for a user who may not have a token: deactivated, removed, or with too many tokens. */
  readonly refused: 'invalid_grant' | 'access_denied'
  /** The error when none of the requested scopes can be granted. */
  noScope(): OAuthError
}

/**
 * Issues a token with those of the requested scopes that can be granted.
 *
 * @param ip The address of the request, which acts for the user.
 * @throws {OAuthError} As `errors` say.
 */
export async function issueForGrant(
  lifecycle: Context,
  request: IssueRequest,
  ip: string | null,
  errors: GrantErrors,
): Promise<IssuedToken> {
  try {
    return await issueGrantableScopes(lifecycle, request, { kind: 'user', id: request.userId, ip })
  } catch (error) {
    if (error instanceof ScopeNotGrantable) throw errors.noScope()
    if (error instanceof UserInactive || error instanceof TokenConflict) {
      throw new OAuthError(errors.refused, error.message, { cause: error })
    }
    throw error
  }
}
