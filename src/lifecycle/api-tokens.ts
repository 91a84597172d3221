/** The interface of `app.apiTokens`: the operations on tokens for the host's code. */

import type { InvalidationStats } from '../invalidation/remote-invalidation.ts'
import type { SweepStats } from '../jobs/sweep-clock.ts'
import type { SweepResult } from '../jobs/sweeper.ts'
import type { VerifiedToken } from '../token/verified-token.ts'
import type { UsageStats } from '../usage/usage-recorder.ts'
import type { VerificationStats } from '../verification/verification-deps.ts'
import type { ApiToken } from './api-token.ts'
import type { ChangeOptions, OwnerScope, RevokeOptions, TokenChangeOptions } from './context.ts'
import type { IssuedToken, IssueRequest } from './issue-token.ts'
import type { ListRequest, TokenList } from './list-tokens.ts'
import type { RevokeAllRequest, RevokedTokens } from './revoke-all.ts'
import type { RevokeCredentialOptions } from './revoke-by-credential.ts'
import type { RotateRequest } from './rotate-token.ts'
import type { SearchRequest, SearchResult } from './search-tokens.ts'
import type { TokenEvents } from './token-events.ts'
import type { TokenUpdate } from './token-update.ts'
import type { TokenUsage, UsageRequest } from './token-usage.ts'

/** Counters since the start. */
export interface ApiTokensStats {
  readonly verification: VerificationStats
  readonly cache: { readonly size: number; readonly max: number }
  readonly usage: UsageStats
  readonly invalidation: InvalidationStats
  readonly sweep: SweepStats
}

export interface VerifyOptions {
  /** The address that the credential comes from, for a token with `allowedIps`. */
  readonly ip?: string | undefined
}

/** Methods throw the same errors as the routes; with `authentication: 'none'`, `FST_API_TOKENS_AUTHENTICATION_DISABLED`. */
export interface ApiTokens {
  /**
   * Issues a token to a user.
   *
   * @example const { credential, token } = await app.apiTokens.issue({ userId: 'ada', name: 'ci', expiresIn: '30d' })
   */
  issue(request: Omit<IssueRequest, 'grantable'> & ChangeOptions): Promise<IssuedToken>
  /** A user's tokens, newest first, page by page. */
  list(request: ListRequest): Promise<TokenList>
  /** One token by id. With `userId`, only a token of this user is found. */
  get(id: string, scope?: OwnerScope): Promise<ApiToken>
  /**
   * Changes name, description, status (`inactive` disables, `active` enables) or limits.
   *
   * @example await app.apiTokens.update(token.id, { allowedIps: ['192.0.2.0/24'], rateLimit: null })
   */
  update(id: string, changes: TokenUpdate, options?: TokenChangeOptions): Promise<ApiToken>
  /**
   * Revokes a token permanently. A token that was revoked before keeps its reason.
   *
   * @example await app.apiTokens.revoke(token.id, { by: { kind: 'admin', id: 'root' }, reason: 'leaked' })
   */
  revoke(id: string, options?: RevokeOptions): Promise<ApiToken>
  /**
   * Issues a successor. The old token ends when the successor is first used, or after the grace period.
   *
   * @example const { credential } = await app.apiTokens.rotate(token.id, { gracePeriod: '1h' })
   */
  rotate(
    id: string,
    request?: Omit<RotateRequest, 'grantable'>,
    options?: TokenChangeOptions,
  ): Promise<IssuedToken>
  /**
   * The number of uses per day.
   *
   * @example const { data } = await app.apiTokens.usage(token.id, { days: 7 })
   */
  usage(id: string, request?: UsageRequest, scope?: OwnerScope): Promise<TokenUsage>
  /**
   * Verifies a credential that did not come in the header of a request, and counts a use. Reading `signal` starts a watch,
   * which ends when the signal fires or the result is disposed. At most 1,000 signals are watched: one more throws
   * `FST_API_TOKENS_TOO_MANY_SIGNALS`. Without `ip`, a token that is limited to addresses is refused.
   *
   * @example using verified = await app.apiTokens.verify('eyJ…', { ip: request.ip })
   */
  verify(credential: string, options?: VerifyOptions): Promise<VerifiedToken & Disposable>

  /**
   * The tokens of all owners that match, page by page. It needs a store with `administration`.
   *
   * @example const { data } = await app.apiTokens.search({ unusedSince: new Date('2026-01-31'), status: 'active' })
   */
  search(request?: SearchRequest): Promise<SearchResult>
  /**
   * The token of a credential, whatever its status. `null` without a token, also for a retired key. Counts no use.
   *
   * @example const token = await app.apiTokens.find('eyJ…')
   */
  find(credential: string): Promise<ApiToken | null>
  /**
   * Revokes the token of a credential permanently. `null` without a token.
   *
   * @example await app.apiTokens.revokeCredential('eyJ…', { reason: 'leaked' })
   */
  revokeCredential(credential: string, options?: RevokeCredentialOptions): Promise<ApiToken | null>
  /**
   * Revokes all present tokens of a user, who stays active. It needs a store with `administration`.
   *
   * @example await app.apiTokens.revokeAll({ userId: 'ada', reason: 'leaked' })
   */
  revokeAll(request: RevokeAllRequest): Promise<RevokedTokens>

  /** All tokens of the user are refused until `reactivateUser`. */
  deactivateUser(userId: string, options?: ChangeOptions): Promise<void>
  reactivateUser(userId: string, options?: ChangeOptions): Promise<void>
  /** Revokes all tokens of a user permanently. */
  removeUser(userId: string, options?: ChangeOptions): Promise<void>
  /** Drops the user's cache entries, so that the next request calls `findUser`. */
  invalidateUser(userId: string): void

  /** Writes all recorded uses to the store now. */
  flush(): Promise<void>
  /** Stores the status of idle tokens and deletes ended ones past `retention`, now. */
  sweep(): Promise<SweepResult>
  stats(): ApiTokensStats
  readonly events: TokenEvents
}
