/** The plugin's options, as a host gives them. */

import type { Clock } from './clock.ts'
import type { Duration } from './duration.ts'
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
  /** The signed-in user behind a management request, or `null`. Required unless `routes` or authentication is off. */
  authenticateUser?: AuthenticateUser | undefined
  /** The host's own word on an owner, asked on a cache miss. Default: every owner is active. */
  findUser?: FindUser | undefined
  /** Default: `sqliteTokenStore({ filename: 'api-tokens.db' })`. */
  store?: TokenStore | undefined
  /** Signing keys as JWKs or a JWK Set, or a function that returns either. Default: `jwksFile('api-tokens.jwks.json')`. */
  keys?: KeySource | undefined
  /** How often the source of the keys is asked again. Default: `'30s'`. */
  keyRefresh?: Duration | undefined
  /** The `iss` claim. Default: `'fastify-api-tokens'`. */
  issuer?: string | undefined
  /** The `aud` claim. Default: the issuer. */
  audience?: string | undefined
  /** `offlineTokens({ … })`: each token is an offline refresh token of this identity provider. Default: none. */
  identityProvider?: OfflineTokens | undefined
  /**
   * Put before the JWT, so that secret scanners recognize a leak. In a list the first is for new credentials, and
   * credentials with any of them are accepted. Default: `''`.
   */
  tokenPrefix?: string | readonly string[] | undefined
  /** In the `WWW-Authenticate` challenge. Default: the issuer. */
  realm?: string | undefined
  /** `'none'` is the non-authenticated mode: every route is open, tokens are not available. Default: `'required'`. */
  authentication?: 'required' | 'none' | undefined
  /** How long a token may lie unused. Default: `'30d'`; `false` turns it off. */
  idleTimeout?: Duration | false | undefined
  /**
   * How long before the idle timeout the owner is warned, on the page and by `idle-warning`. Default: `'5d'`; `false` turns
   * it off.
   */
  idleWarning?: Duration | false | undefined
  /** The verification cache. Default: `{ max: 10_000, ttl: '60s' }`. */
  cache?: { max?: number | undefined; ttl?: Duration | undefined } | undefined
  /** How instances receive each other's changes. Default: `{ maxStaleness: '15s' }`. */
  invalidation?: InvalidationOptions | undefined
  /**
   * How often recorded use is written, how long counts by day stay, whether the last client's address and user agent
   * (personal data) are kept. Default: `{ flushInterval: '5s', dailyRetention: '90d', lastClient: false }`.
   */
  usage?:
    | {
        flushInterval?: Duration | undefined
        dailyRetention?: Duration | undefined
        lastClient?: boolean | undefined
      }
    | undefined
  /** How many tokens that have not ended a user may have. Default: 1,000. */
  maxTokensPerUser?: number | undefined
  /** How long ended tokens stay before they are pruned. Default: `'90d'`. */
  retention?: Duration | undefined
  /** The lifetime of new tokens: its default and its bounds. Default: tokens need not expire. */
  expiry?: ExpiryOptions | undefined
  /** Origins, beside the request's own, that may send management requests. Default: none. */
  trustedOrigins?: readonly string[] | undefined
  /** Where the routes are. Default: `{ prefix: '/tokens' }`; `false` registers none. */
  routes?: { prefix?: string | undefined } | false | undefined
  /** Descriptions of scopes, by name. Scopes that routes ask for join them. */
  scopes?: Readonly<Record<string, string>> | undefined
  /** The OAuth 2.0 endpoints. Default: none; they need an `issuer` that is an https URL. */
  oauth?: OAuthOptions | undefined
  /** How the routes appear in the host's OpenAPI document; `false` hides them. */
  openapi?: OpenApiOptions | false | undefined
  /** The clock, for tests. Default: the system's. */
  clock?: Clock | undefined
}
