/** Checks the options at boot and fills in the defaults. */

import { type AdminSettings, readAdmin } from './admin/admin-options.ts'
import type { Clock } from './clock.ts'
import { durationMs } from './duration.ts'
import { InvalidOption } from './errors.ts'
import type { AuthorizeRequestIssue } from './http/authorize-issue-option.ts'
import { type OpenApiSettings, readOpenApi } from './http/open-api-options.ts'
import { readOwnerTypes } from './http/owner-types.ts'
import type { AuthenticateUser } from './http/signed-in-user.ts'
import { type InvalidationSettings, readInvalidation } from './invalidation/invalidation-options.ts'
import type { KeySource } from './keys/key-source.ts'
import { type ExpiryPolicy, readExpiry } from './lifecycle/expiry-policy.ts'
import { type OAuthSettings, readOAuth } from './oauth/oauth-settings.ts'
import { OfflineTokens } from './oauth/provider-client/offline-tokens.ts'
import { readClock, readKeys, readStore } from './object-options.ts'
import {
  count,
  flag,
  isRecord,
  pluginOptionsOf,
  record,
  requireFunction,
  routePrefix,
  text,
} from './option-values.ts'
import type { ApiTokensOptions } from './options.ts'
import { administrationOf } from './store/administration-of.ts'
import { devicesOf } from './store/devices-of.ts'
import type { TokenStore } from './store/token-store.ts'
import type { TokenPrefixes } from './token/credential.ts'
import { isScopeName } from './token/scope.ts'
import type { CredentialForm } from './token/token.ts'
import { readOrigins } from './trusted-origins.ts'
import { DAY_MS } from './utc-day.ts'
import type { FindUser } from './verification/look-up-user.ts'

/** The checked options, with durations in milliseconds. */
export interface Settings {
  readonly authenticateUser: AuthenticateUser | undefined
  readonly ownerTypes: readonly string[]
  readonly findUser: FindUser | undefined
  readonly authorizeIssue: AuthorizeRequestIssue | undefined
  readonly store: TokenStore | undefined
  readonly keys: KeySource
  readonly keyRefreshMs: number
  readonly issuer: string
  /** `null`: tokens carry no refresh token of an identity provider. */
  readonly identityProvider: OfflineTokens | null
  readonly audience: string
  /** Of new credentials. */
  readonly credentialForm: CredentialForm
  readonly tokenPrefixes: TokenPrefixes
  readonly realm: string
  readonly authentication: 'required' | 'none'
  readonly idleTimeoutMs: number | null
  /** `null`: no warning. */
  readonly idleWarningMs: number | null
  readonly cacheMax: number
  readonly cacheTtlMs: number
  readonly invalidation: InvalidationSettings
  readonly flushIntervalMs: number
  readonly dailyRetentionMs: number
  readonly storesClients: boolean
  readonly maxTokensPerUser: number
  readonly retentionMs: number
  readonly expiry: ExpiryPolicy
  readonly trustedOrigins: ReadonlySet<string>
  /** `null`: no routes. */
  readonly routesPrefix: string | null
  /** `null`: no routes for administrators. */
  readonly admin: AdminSettings | null
  readonly scopes: Readonly<Record<string, string>>
  readonly logsTokenIds: boolean
  /** `null`: hidden. */
  readonly openapi: OpenApiSettings | null
  /** `null`: no OAuth endpoints. */
  readonly oauth: OAuthSettings | null
  readonly clock: Clock
}

type IdleSettings = Pick<Settings, 'idleTimeoutMs' | 'idleWarningMs'>

const DEFAULT_ISSUER = 'fastify-api-tokens'

const KNOWN: readonly (keyof ApiTokensOptions)[] = [
  'authenticateUser',
  'ownerTypes',
  'findUser',
  'authorizeIssue',
  'store',
  'keys',
  'keyRefresh',
  'issuer',
  'audience',
  'identityProvider',
  'credentials',
  'tokenPrefix',
  'realm',
  'authentication',
  'idleTimeout',
  'idleWarning',
  'cache',
  'invalidation',
  'usage',
  'maxTokensPerUser',
  'retention',
  'expiry',
  'trustedOrigins',
  'routes',
  'admin',
  'scopes',
  'logTokenId',
  'openapi',
  'oauth',
  'clock',
]

/**
 * Checks the options.
 *
 * @throws {InvalidOption} That names the path of the invalid option and the allowed values.
 */
export function readOptions(given: ApiTokensOptions): Settings {
  // Only `undefined` counts as left out: a default must never replace an invalid value such as `null`.
  const options = pluginOptionsOf(given, KNOWN)
  const { authentication = 'required' } = options
  const identityProvider = readIdentityProvider(options.identityProvider)
  const issuer = text(orDefault(options.issuer, DEFAULT_ISSUER), 'issuer')
  if (authentication !== 'required' && authentication !== 'none') {
    throw new InvalidOption("authentication must be 'required' or 'none'")
  }
  const routesPrefix = readRoutes(options.routes)
  requireFunction(options.findUser, 'findUser')
  requireFunction(options.authorizeIssue, 'authorizeIssue')
  requireFunction(options.authenticateUser, 'authenticateUser')
  if (options.authenticateUser === undefined && authentication === 'required' && routesPrefix !== null) {
    throw new InvalidOption(
      "authenticateUser is required, unless routes is false or authentication is 'none'",
    )
  }
  const expiry = readExpiry(options.expiry)
  const store = readStore(options.store)
  const oauth =
    options.oauth === undefined
      ? null
      : readOAuth(options.oauth, issuer, { expiry, hasIdentityProvider: identityProvider !== null })
  // The default store has them.
  if (oauth !== null && oauth.device !== null && store !== undefined) devicesOf(store)
  const admin = options.admin === undefined ? null : readAdmin(options.admin)
  if (admin !== null && store !== undefined) administrationOf(store, 'admin')
  return {
    authenticateUser: options.authenticateUser,
    ownerTypes: readOwnerTypes(options.ownerTypes, identityProvider !== null),
    findUser: options.findUser,
    authorizeIssue: options.authorizeIssue,
    store,
    keys: readKeys(options),
    keyRefreshMs: durationMs(orDefault(options.keyRefresh, '30s'), 'keyRefresh', DAY_MS),
    issuer,
    identityProvider,
    audience: text(orDefault(options.audience, issuer), 'audience'),
    ...readCredentials(options, identityProvider),
    realm: readRealm(orDefault(options.realm, issuer)),
    authentication,
    ...readIdle(options),
    ...readCache(options.cache),
    ...readUsage(options.usage),
    invalidation: readInvalidation(options.invalidation),
    maxTokensPerUser: count(orDefault(options.maxTokensPerUser, 1_000), 'maxTokensPerUser'),
    retentionMs: durationMs(orDefault(options.retention, '90d'), 'retention'),
    expiry,
    trustedOrigins: readOrigins(options.trustedOrigins, 'trustedOrigins'),
    routesPrefix,
    admin,
    scopes: readScopes(options.scopes),
    logsTokenIds: flag(orDefault(options.logTokenId, false), 'logTokenId'),
    openapi: readOpenApi(options.openapi),
    oauth,
    clock: readClock(options.clock),
  }
}

/** @throws {InvalidOption} For anything that `offlineTokens` did not return. */
function readIdentityProvider(given: unknown): OfflineTokens | null {
  if (given === undefined) return null
  if (given instanceof OfflineTokens) return given
  throw new InvalidOption('identityProvider must be what offlineTokens({ … }) returns')
}

function readCredentials(
  { credentials = 'jwt', tokenPrefix = '' }: ApiTokensOptions,
  identityProvider: OfflineTokens | null,
): Pick<Settings, 'credentialForm' | 'tokenPrefixes'> {
  const tokenPrefixes = readPrefixes(tokenPrefix)
  if (credentials !== 'jwt' && credentials !== 'compact')
    throw new InvalidOption("credentials must be 'jwt' or 'compact'")
  if (credentials === 'compact') requireCompactPrefix(tokenPrefixes[0])
  if (credentials === 'compact' && identityProvider !== null) {
    throw new InvalidOption(
      "credentials must be 'jwt' with identityProvider: a compact credential carries no refresh token",
    )
  }
  return { credentialForm: credentials, tokenPrefixes }
}

/** A double click selects letters, digits and _ as one word, and ends at a -. */
function requireCompactPrefix(prefix: string): void {
  if (prefix !== '' && !prefix.includes('-')) return
  throw new InvalidOption(
    "credentials: 'compact' requires a tokenPrefix, such as 'acme_': its first entry must not be empty or contain -",
  )
}

/** Characters of a bearer credential (RFC 6750 §2.1) that secret scanners match. */
function readPrefixes(given: unknown): TokenPrefixes {
  if (!Array.isArray(given)) return [readPrefix(given, 'tokenPrefix')]
  const [first, ...others] = Array.from(given, (prefix, index) => readPrefix(prefix, `tokenPrefix[${index}]`))
  if (first === undefined) throw new InvalidOption('tokenPrefix must be a string, or a list of one or more')
  const prefixes: TokenPrefixes = [first, ...others]
  prefixes.forEach((prefix, index) => {
    const other = prefixes.findIndex((begin, at) => at !== index && begins(begin, prefix))
    if (other !== -1) {
      throw new InvalidOption(
        `tokenPrefix[${other}] is the beginning of tokenPrefix[${index}]: prefixes must be unambiguous`,
      )
    }
  })
  return prefixes
}

/** The empty prefix may stand beside others, because it is tried last. */
function begins(begin: string, prefix: string): boolean {
  return begin === '' ? prefix === '' : prefix.startsWith(begin)
}

function readPrefix(prefix: unknown, path: string): string {
  if (typeof prefix === 'string' && /^[\w-]{0,32}$/.test(prefix)) return prefix
  throw new InvalidOption(`${path} must be at most 32 letters, digits, _ or -`)
}

/** RFC 9110 §5.6.4: the characters of a quoted string. */
function readRealm(realm: unknown): string {
  if (typeof realm === 'string' && /^[\x20-\x7E]+$/.test(realm)) return realm
  throw new InvalidOption('realm must be printable ASCII')
}

function readIdle({ idleTimeout = '30d', idleWarning }: ApiTokensOptions): IdleSettings {
  const idleTimeoutMs = idleTimeout === false ? null : durationMs(idleTimeout, 'idleTimeout')
  const warningMs = idleWarning === false ? null : durationMs(orDefault(idleWarning, '5d'), 'idleWarning')
  const fits = idleTimeoutMs !== null && warningMs !== null && warningMs < idleTimeoutMs
  if (!fits && idleTimeoutMs !== null && idleWarning !== undefined && idleWarning !== false) {
    throw new InvalidOption('idleWarning must be shorter than idleTimeout')
  }
  return { idleTimeoutMs, idleWarningMs: fits ? warningMs : null }
}

function readCache(cache: unknown = {}): Pick<Settings, 'cacheMax' | 'cacheTtlMs'> {
  const { max = 10_000, ttl = '60s' } = record(cache, ['max', 'ttl'], 'cache')
  return { cacheMax: count(max, 'cache.max'), cacheTtlMs: durationMs(ttl, 'cache.ttl', DAY_MS) }
}

function readUsage(
  usage: unknown = {},
): Pick<Settings, 'flushIntervalMs' | 'dailyRetentionMs' | 'storesClients'> {
  const known = ['flushInterval', 'dailyRetention', 'lastClient']
  const { flushInterval = '5s', dailyRetention = '90d', lastClient = false } = record(usage, known, 'usage')
  const dailyRetentionMs = durationMs(dailyRetention, 'usage.dailyRetention')
  if (dailyRetentionMs < DAY_MS) throw new InvalidOption('usage.dailyRetention must be at least a day')
  return {
    flushIntervalMs: durationMs(flushInterval, 'usage.flushInterval', DAY_MS),
    dailyRetentionMs,
    storesClients: flag(lastClient, 'usage.lastClient'),
  }
}

function readRoutes(routes: unknown): string | null {
  if (routes === false) return null
  const { prefix = '/tokens' } = record(orDefault(routes, {}), ['prefix'], 'routes')
  return routePrefix(prefix, 'routes.prefix', '/tokens')
}

function readScopes(scopes: unknown = {}): Readonly<Record<string, string>> {
  if (!isRecord(scopes))
    throw new InvalidOption('scopes must be an object: a description for each scope name')
  // A copy. A Map and a class instance are refused, because their scopes would be lost without a hint.
  const descriptions = record(scopes, Object.keys(scopes), 'scopes')
  for (const [name, description] of Object.entries(descriptions)) {
    if (!isScopeName(name))
      throw new InvalidOption(`scopes: ${JSON.stringify(name)} is not a scope name (RFC 6749)`)
    if (typeof description !== 'string')
      throw new InvalidOption(`scopes[${JSON.stringify(name)}] must be a string`)
  }
  // Every value was checked above.
  return descriptions as Readonly<Record<string, string>>
}

/** The given value, or the default for `undefined`. */
function orDefault<Given, Default>(given: Given | undefined, value: Default): Given | Default {
  return given === undefined ? value : given
}
