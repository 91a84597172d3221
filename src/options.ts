/** The plugin's options, as a host gives them. */

import type { AdminOptions } from './admin/admin-options.ts'
import type { Clock } from './clock.ts'
import type { Duration } from './duration.ts'
import type { AuthorizeRequestIssue } from './http/authorize-issue-option.ts'
import type { OpenApiOptions } from './http/open-api-options.ts'
import type { AuthenticateUser } from './http/signed-in-user.ts'
import type { InvalidationOptions } from './invalidation/invalidation-options.ts'
import type { KeySource } from './keys/key-source.ts'
import type { ExpiryOptions } from './lifecycle/expiry-policy.ts'
import type { OAuthOptions } from './oauth/oauth-options.ts'
import type { OfflineTokens } from './oauth/provider-client/offline-tokens.ts'
import type { TokenStore } from './store/token-store.ts'
import type { FindUser } from './verification/look-up-user.ts'

/** See `docs/reference/options.md`. */
export interface ApiTokensOptions {
  /** Returns the signed-in user of a management request, or `null`. Required, unless `routes` is `false`. */
  authenticateUser?: AuthenticateUser | undefined
  /**
   * The types of owners that are not people, such as `['org', 'team', 'service']`: the ids of further owners that
   * `authenticateUser` returns begin with one of them and a colon, and no id of a user does. Default: none.
   */
  ownerTypes?: readonly string[] | undefined
  /** Looks up a token's owner in your user database, on a cache miss and at issue. Default: every owner is active. */
  findUser?: FindUser | undefined
  /**
   * Called with a draft before a token is issued or rotated: by a user, an administrator, a grant of OAuth or code. Returns
   * `true`, or throws the error that the caller gets. Default: every valid draft is issued.
   */
  authorizeIssue?: AuthorizeRequestIssue | undefined
  /** Default: `sqliteTokenStore({ filename: 'api-tokens.db' })`. */
  store?: TokenStore | undefined
  /** Signing keys: JWKs, a JWK Set, or a function that returns either. Default: `jwksFile('api-tokens.jwks.json')`. */
  keys?: KeySource | undefined
  /** How often the keys are loaded again. Default: `'30s'`. */
  keyRefresh?: Duration | undefined
  /** The `iss` claim. Default: `'fastify-api-tokens'`. */
  issuer?: string | undefined
  /** The `aud` claim. Default: the issuer. */
  audience?: string | undefined
  /** `offlineTokens({ … })`: each token is an offline refresh token of this identity provider. Default: none. */
  identityProvider?: OfflineTokens | undefined
  /**
   * The form of new credentials: a JWT, or a short text with a MAC, which needs a `tokenPrefix`. Both are always accepted.
   * Default: `'jwt'`.
   */
  credentials?: 'jwt' | 'compact' | undefined
  /**
   * A prefix of every credential, so that secret scanners recognize a leak. In a list, the first is used for new
   * credentials and all are accepted. Default: `''`.
   */
  tokenPrefix?: string | readonly string[] | undefined
  /** The realm in `WWW-Authenticate`. Default: the issuer. */
  realm?: string | undefined
  /** `'none'`: protected routes are open and tokens are not available, for development. Default: `'required'`. */
  authentication?: 'required' | 'none' | undefined
  /** How long a token may be unused before it becomes idle. Default: `'30d'`; `false` for no limit. */
  idleTimeout?: Duration | false | undefined
  /**
   * How long before the idle timeout the page shows a warning and the event `idle-warning` is emitted. Default: `'5d'`;
   * `false` for no warning.
   */
  idleWarning?: Duration | false | undefined
  /** The verification cache. Default: `{ max: 10_000, ttl: '60s' }`. */
  cache?: { max?: number | undefined; ttl?: Duration | undefined } | undefined
  /** How instances receive each other's changes. Default: `{ maxStaleness: '15s' }`. */
  invalidation?: InvalidationOptions | undefined
  /**
   * How often recorded uses are written, how long daily counts are stored, and whether the address and user agent of the
   * last client (personal data) are stored. Default: `{ flushInterval: '5s', dailyRetention: '90d', lastClient: false }`.
   */
  usage?:
    | {
        flushInterval?: Duration | undefined
        dailyRetention?: Duration | undefined
        lastClient?: boolean | undefined
      }
    | undefined
  /** The number of tokens per user that have not ended. Default: 1,000. */
  maxTokensPerUser?: number | undefined
  /** How long ended tokens are stored. Default: `'90d'`. */
  retention?: Duration | undefined
  /** The default and the limits of the lifetime of tokens. Default: tokens need not expire. */
  expiry?: ExpiryOptions | undefined
  /** Further origins that may send management requests. Default: only the request's own origin. */
  trustedOrigins?: readonly string[] | undefined
  /** The path of the management routes. Default: `{ prefix: '/tokens' }`; `false` for no routes. */
  routes?: { prefix?: string | undefined } | false | undefined
  /** The routes for administrators. Default: none. */
  admin?: AdminOptions | undefined
  /** Descriptions of scopes by name. Scopes that routes require are added. */
  scopes?: Readonly<Record<string, string>> | undefined
  /** The OAuth 2.0 endpoints. Default: none; they need an `issuer` that is an https URL. */
  oauth?: OAuthOptions | undefined
  /** Whether the log lines of a request with a valid token have its id as `tokenId`. Default: `false`. */
  logTokenId?: boolean | undefined
  /** The routes in the host's OpenAPI document; `false` hides them. */
  openapi?: OpenApiOptions | false | undefined
  /** The clock, for tests. Default: the system's. */
  clock?: Clock | undefined
}
