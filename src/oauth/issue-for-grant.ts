/** Issues the token of a grant, and translates the errors of issuing into errors of OAuth 2.0. */

import { ScopeNotGrantable, TokenConflict, UserInactive } from '../errors.ts'
import type { AuthorizeIssue } from '../lifecycle/authorize-issue.ts'
import type { Context } from '../lifecycle/context.ts'
import { type IssuedToken, type IssueRequest, issueGrantableScopes } from '../lifecycle/issue-token.ts'
import type { GrantRequest } from './grants.ts'
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
 * @throws {OAuthError} As `errors` say.
 */
export async function issueForGrant(
  lifecycle: Context,
  request: IssueRequest,
  { ip, httpRequest }: Pick<GrantRequest, 'ip' | 'httpRequest'>,
  errors: GrantErrors,
): Promise<IssuedToken> {
  const by = { kind: 'user', id: request.userId, ip } as const
  const context = { ...lifecycle, authorizeIssue: translated(lifecycle.authorizeIssue, errors) }
  try {
    return await issueGrantableScopes(context, request, by, httpRequest)
  } catch (error) {
    if (error instanceof ScopeNotGrantable) throw errors.noScope()
    if (error instanceof UserInactive || error instanceof TokenConflict) {
      throw new OAuthError(errors.refused, error.message, { cause: error })
    }
    throw error
  }
}

/** A refusal by the host, an error with a status of 400 to 499, is an error of the grant. Other errors are not changed. */
function translated(
  authorizeIssue: AuthorizeIssue | undefined,
  { refused }: GrantErrors,
): AuthorizeIssue | undefined {
  if (authorizeIssue === undefined) return undefined
  return async (draft, cause) => {
    try {
      return await authorizeIssue(draft, cause)
    } catch (error) {
      throw isRefusal(error) ? new OAuthError(refused, error.message, { cause: error }) : error
    }
  }
}

function isRefusal(error: unknown): error is Error {
  if (!(error instanceof Error) || !('statusCode' in error)) return false
  const { statusCode } = error
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode <= 499
}
