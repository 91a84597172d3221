/** What the token endpoint answers with a token (RFC 6749 §5.1). */

import type { IssuedToken } from '../lifecycle/issue-token.ts'
import { formatScope } from '../token/scope.ts'

/** RFC 6749 §5.1, RFC 8693 §2.2.1. */
export interface TokenAnswer {
  readonly access_token: string
  readonly token_type: 'Bearer'
  /** Seconds; left out for a token that does not expire. */
  readonly expires_in?: number
  /** Left out for none. */
  readonly scope?: string
  /** RFC 8693 §2.2.1. */
  readonly issued_token_type?: string
}

export function tokenAnswer({ credential, token }: IssuedToken): TokenAnswer {
  const { scopes, expiresAt, createdAt } = token
  return {
    access_token: credential,
    token_type: 'Bearer',
    ...(expiresAt === null
      ? {}
      : { expires_in: Math.round((expiresAt.getTime() - createdAt.getTime()) / 1000) }),
    ...(scopes.length === 0 ? {} : { scope: formatScope(scopes) }),
  }
}
