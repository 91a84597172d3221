/** `fastify.apiTokens`: the operations on tokens, for the host's code. */

import type { InvalidationStats } from '../invalidation/remote-invalidation.ts'
import type { SweepStats } from '../jobs/sweep-clock.ts'
import type { SweepResult } from '../jobs/sweeper.ts'
import type { TokenPatch } from '../store/token-store.ts'
import type { VerifiedToken } from '../token/verified-token.ts'
import type { UsageStats } from '../usage/usage-recorder.ts'
import type { VerificationStats } from '../verification/verification-deps.ts'
import type { ApiToken } from './api-token.ts'
import type { OwnerScope } from './context.ts'
import type { IssuedToken, IssueRequest } from './issue-token.ts'
import type { ListRequest, TokenList } from './list-tokens.ts'
import type { RotateRequest } from './rotate-token.ts'
import type { TokenEvents } from './token-events.ts'
import type { TokenUsage, UsageRequest } from './token-usage.ts'

/** What the plugin counts since its start. */
export interface ApiTokensStats {
  readonly verification: VerificationStats
  readonly cache: { readonly size: number; readonly max: number }
  readonly usage: UsageStats
  readonly invalidation: InvalidationStats
  readonly sweep: SweepStats
}

/** Every method throws the errors of the routes; in the non-authenticated mode, that tokens are not available. */
export interface ApiTokens {
  /**
   * Issues a token to a user.
   *
   * @example const { credential, token } = await app.apiTokens.issue({ userId: 'ada', name: 'ci', expiresIn: '30d' })
   */
  issue(request: Omit<IssueRequest, 'grantable'>): Promise<IssuedToken>
  /** A user's tokens, newest first, page by page. */
  list(request: ListRequest): Promise<TokenList>
  /** One token by id; with a user only if it is theirs. */
  get(id: string, scope?: OwnerScope): Promise<ApiToken>
  /** Renames, describes, switches off and on. */
  update(id: string, changes: TokenPatch, scope?: OwnerScope): Promise<ApiToken>
  /** Revokes for good. */
  revoke(id: string, scope?: OwnerScope): Promise<ApiToken>
  /**
   * Issues the successor of a token, which ends when that one is first used, or after the grace period.
   *
   * @example const { credential } = await app.apiTokens.rotate(token.id, { gracePeriod: '1h' })
   */
  rotate(id: string, request?: Omit<RotateRequest, 'grantable'>, scope?: OwnerScope): Promise<IssuedToken>
  /**
   * How often a token was used, by day.
   *
   * @example const { data } = await app.apiTokens.usage(token.id, { days: 7 })
   */
  usage(id: string, request?: UsageRequest, scope?: OwnerScope): Promise<TokenUsage>
  /**
   * Verifies a credential that did not come by a request's header, and counts it as a use. The `signal` of the result is
   * watched from the first time that it is read until it fires or the result is disposed of. At most 1,000 are watched:
   * reading one more throws `FST_API_TOKENS_TOO_MANY_SIGNALS`.
   *
   * @example using verified = await app.apiTokens.verify('eyJ…')
   */
  verify(credential: string): Promise<VerifiedToken & Disposable>

  /** Stops all tokens of a user until `reactivateUser`. */
  deactivateUser(userId: string): Promise<void>
  reactivateUser(userId: string): Promise<void>
  /** Revokes all tokens of a user for good. */
  removeUser(userId: string): Promise<void>
  /** Asks `findUser` anew at the user's next request. */
  invalidateUser(userId: string): void

  /** Writes all recorded use now. */
  flush(): Promise<void>
  /** Marks idle tokens and prunes ended ones now. */
  sweep(): Promise<SweepResult>
  stats(): ApiTokensStats
  readonly events: TokenEvents
}
