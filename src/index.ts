/** The public names of `fastify-api-tokens`. */

import { errorCodes } from './errors.ts'
import './http/fastify-types.ts'
import { requireAnyScope, requireScopes, verifyApiToken, verifyApiTokenOr } from './http/exported-hooks.ts'
import { bearerSecurityScheme } from './http/open-api.ts'
import { tokenRateLimit } from './http/token-rate-limit.ts'
import { jwksFile } from './keys/jwks-file.ts'
import { offlineTokens } from './oauth/provider-client/offline-tokens.ts'
import { apiTokensPlugin } from './plugin.ts'

/**
 * The plugin: register it after your sessions. The named exports are also properties of it, because `require()` returns
 * the plugin itself.
 *
 * @example await app.register(apiTokens, { authenticateUser: (request) => sessionUserOf(request) })
 */
const apiTokens = withDefault(
  Object.assign(apiTokensPlugin, {
    verifyApiToken,
    verifyApiTokenOr,
    requireScopes,
    requireAnyScope,
    tokenRateLimit,
    jwksFile,
    offlineTokens,
    bearerSecurityScheme,
    errorCodes,
  }),
)

/** `apiTokens.default`, for CommonJS that TypeScript or Babel compiled from an `import`. `fastify-plugin` sets it, too. */
function withDefault<Plugin extends object>(plugin: Plugin): Plugin & { readonly default: Plugin } {
  return Object.assign(plugin, { default: plugin })
}

export default apiTokens

export type { Administrator, AdminOptions, AuthenticateAdmin } from './admin/admin-options.ts'
export type { Clock } from './clock.ts'
export type { Duration } from './duration.ts'
export type { ApiTokensError } from './errors.ts'
export type {
  AuthorizeRequestIssue as AuthorizeIssue,
  RequestIssueCause as IssueCause,
} from './http/authorize-issue-option.ts'
export type { ApiTokenHook } from './http/hook.ts'
export type { HostHook } from './http/host-hook.ts'
export type { ManagedOwner } from './http/managed-owners.ts'
export type { OpenApiOptions } from './http/open-api-options.ts'
export type { AuthenticateUser, SignedInUser } from './http/signed-in-user.ts'
export type { TokenRateLimit, TokenRateLimitOptions } from './http/token-rate-limit.ts'
export type { InvalidationOptions } from './invalidation/invalidation-options.ts'
export type { Availability, InvalidationStats } from './invalidation/remote-invalidation.ts'
export type { SweepStats, SweepSuspension } from './jobs/sweep-clock.ts'
export type { SweepResult } from './jobs/sweeper.ts'
export type { Jwk, SigningJwk } from './keys/jwk.ts'
export type { JwksFileOptions } from './keys/jwks-file.ts'
export type {
  KeyFunction,
  KeySource,
  KeySourceContext,
  SigningJwkSet,
  SigningKeyList,
} from './keys/key-source.ts'
export type { ApiToken } from './lifecycle/api-token.ts'
export type { ApiTokens, ApiTokensStats, VerifyOptions } from './lifecycle/api-tokens.ts'
export type { IssueDraft } from './lifecycle/authorize-issue.ts'
export type {
  ChangeOptions,
  OwnerScope,
  RevokeOptions,
  TokenChangeOptions,
} from './lifecycle/context.ts'
export type { ExpiryOptions } from './lifecycle/expiry-policy.ts'
export type { IssuedToken, IssueRequest } from './lifecycle/issue-token.ts'
export type { ListRequest, TokenList, TokenSort } from './lifecycle/list-tokens.ts'
export type { RevokeAllRequest, RevokedTokens } from './lifecycle/revoke-all.ts'
export type { RevokeCredentialOptions } from './lifecycle/revoke-by-credential.ts'
export type { RotateRequest } from './lifecycle/rotate-token.ts'
export type { SearchSort } from './lifecycle/search-order.ts'
export type { SearchRequest, SearchResult } from './lifecycle/search-tokens.ts'
export type { TokenEventMap, TokenEventName, TokenEvents } from './lifecycle/token-events.ts'
export type { GivenLimits, GivenRateLimit } from './lifecycle/token-limits.ts'
export type { TokenUpdate } from './lifecycle/token-update.ts'
export type { DayUsage, TokenUsage, UsageRequest } from './lifecycle/token-usage.ts'
export type * from './oauth/oauth-options.ts'
export type { OfflineTokens, OfflineTokensOptions } from './oauth/provider-client/offline-tokens.ts'
export type { ApiTokensOptions } from './options.ts'
export type { Actor, ActorKind, GivenActor } from './token/actor.ts'
export type { TokenStatus } from './token/status.ts'
export type {
  JsonObject,
  JsonValue,
  LastClient,
  OwnerRecord,
  OwnerStatus,
  RateLimit,
  RevocationReason,
  StatusReason,
  TokenLimits,
} from './token/token.ts'
export type { VerifiedToken } from './token/verified-token.ts'
export type { UsageStats } from './usage/usage-recorder.ts'
export type { FindUser, KnownUser, UserStatus } from './verification/look-up-user.ts'
export type { VerificationStats } from './verification/verification-deps.ts'
export type { RejectionReason } from './verification/verification-entry.ts'
export {
  apiTokens,
  apiTokens as 'module.exports',
  bearerSecurityScheme,
  errorCodes,
  jwksFile,
  offlineTokens,
  requireAnyScope,
  requireScopes,
  tokenRateLimit,
  verifyApiToken,
  verifyApiTokenOr,
}
