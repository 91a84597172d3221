/** The successful response of the token endpoint (RFC 6749 §5.1). */

import type { IssuedToken } from '../lifecycle/issue-token.ts'
import { formatScope } from '../token/scope.ts'

/** RFC 6749 §5.1, RFC 8693 §2.2.1. */
export interface TokenResponse {
  readonly access_token: string
  readonly token_type: 'Bearer'
  /** Seconds; absent for a token that does not expire. */
  readonly expires_in?: number
  /** Absent for a token without scopes. */
  readonly scope?: string
  /** RFC 8693 §2.2.1. */
  readonly issued_token_type?: string
}

export function tokenResponse({ credential, token }: IssuedToken): TokenResponse {
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
