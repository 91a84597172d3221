/** Backs each API token with an offline refresh token at the host's identity provider. */

import type { FastifyRequest } from 'fastify'
import * as oauth from 'oauth4webapi'
import { InvalidOption, InvalidResult, ProviderRefused, UserRequired, unavailable } from '../../errors.ts'
import { noMore, record, requireFunction, text } from '../../option-values.ts'
import type { IdentityProvider, RefreshResult } from '../../verification/identity-provider.ts'
import { FETCH_TIMEOUT_MS, fetchBounded } from '../bounded-fetch.ts'
import { TOKEN_EXCHANGE } from '../grant-types.ts'
import { isIdentifier } from '../identifier.ts'
import { providerFailure, registeredCode } from '../provider-error.ts'
import { ACCESS_TOKEN_TYPE, REFRESH_TOKEN_TYPE } from '../token-exchange/token-exchange-names.ts'

/** See `docs/guides/identity-provider-tokens.md`. */
export interface OfflineTokensOptions {
  /** The exact `iss` of the provider: an https URL, or http on loopback. Its endpoints are discovered by metadata. */
  readonly issuer: string
  /** The host's client id at the provider. */
  readonly client_id: string
  readonly client_secret?: string | undefined
  /** Default: `'client_secret_basic'`. */
  readonly token_endpoint_auth_method?: 'client_secret_basic' | 'client_secret_post' | 'none' | undefined
  /** Returns the signed-in user's access token at the provider; `null` if the user must sign in again. */
  subjectToken(request: FastifyRequest): string | null | undefined | Promise<string | null | undefined>
  /** The scope that is requested from the provider. Default: `'openid offline_access'`. */
  readonly scope?: string | undefined
}

const KNOWN: readonly (keyof OfflineTokensOptions)[] = [
  'issuer',
  'client_id',
  'client_secret',
  'token_endpoint_auth_method',
  'subjectToken',
  'scope',
]

/** RFC 6750 §2.1: the characters of a bearer credential. */
const BEARER = /^[A-Za-z0-9._~+/-]+=*$/
const METADATA_MS = 60 * 60 * 1000

/**
 * Backs API tokens with refresh tokens of the identity provider. When a user issues an API token, their access token is
 * exchanged for an offline refresh token (RFC 8693). The API token is valid as long as the refresh token can be used.
 *
 * @throws {InvalidOption} Names the invalid member.
 * @example
 * const identityProvider = offlineTokens({
 *   issuer: 'https://id.example.com',
 *   client_id: 'acme-app',
 *   token_endpoint_auth_method: 'none',
 *   subjectToken: (request) => request.headers['x-provider-token']?.toString(),
 * })
 * await app.register(apiTokens, { identityProvider, authenticateUser })
 */
export function offlineTokens(options: OfflineTokensOptions, ...more: never[]): OfflineTokens {
  noMore('offlineTokens', more)
  return new OfflineTokens(options)
}

export class OfflineTokens implements IdentityProvider {
  readonly #options: OfflineTokensOptions
  readonly #issuer: URL
  readonly #client: oauth.Client
  readonly #auth: oauth.ClientAuth
  #metadata: { readonly server: oauth.AuthorizationServer; readonly until: number } | undefined

  constructor(given: OfflineTokensOptions) {
    // A copy, so that a later change by the host has no effect. Each member is checked below.
    const options = record(given, KNOWN, 'identityProvider: offlineTokens') as unknown as OfflineTokensOptions
    if (typeof options.issuer !== 'string' || !isIdentifier(options.issuer)) {
      throw new InvalidOption(
        'identityProvider: offlineTokens.issuer must be an https URL, or http on loopback',
      )
    }
    if (options.subjectToken === undefined) {
      throw new InvalidOption('identityProvider: offlineTokens.subjectToken is required')
    }
    requireFunction(options.subjectToken, 'identityProvider: offlineTokens.subjectToken')
    for (const name of ['client_id', 'scope'] as const) {
      if (name === 'client_id' || options[name] !== undefined)
        text(options[name], `identityProvider: offlineTokens.${name}`)
    }
    this.#options = options
    this.#issuer = new URL(options.issuer)
    this.#client = { client_id: options.client_id }
    this.#auth = clientAuth(options)
  }

  /**
   * @throws {UserRequired} If the user has no token at the provider and must sign in again.
   * @throws {InvalidResult} If the host's function returns another type than a string, null or undefined.
   */
  async subjectToken(request: FastifyRequest): Promise<string> {
    const token: unknown = await this.#options.subjectToken(request)
    if (token === null || token === undefined || token === '') throw new UserRequired()
    if (typeof token === 'string') return token
    throw new InvalidResult('identityProvider: offlineTokens.subjectToken must return a string or null')
  }

  async obtain(subjectToken: string): Promise<string> {
    const refreshToken = await this.#exchange(subjectToken)
    try {
      await this.#requireUsable(refreshToken)
    } catch (error) {
      await this.revoke(refreshToken)
      throw error
    }
    return refreshToken
  }

  async refresh(refreshToken: string, now: number): Promise<RefreshResult> {
    try {
      const response = await this.#refresh(refreshToken)
      const { access_token: accessToken, expires_in: seconds } = response
      return {
        outcome: 'good',
        accessToken,
        expiresAt: seconds === undefined ? null : now + seconds * 1000,
      }
    } catch (error) {
      if (error instanceof oauth.ResponseBodyError && error.error === 'invalid_grant')
        return { outcome: 'ended' }
      throw unavailable(providerFailure('the refresh at the identity provider', error))
    }
  }

  async revoke(refreshToken: string): Promise<void> {
    try {
      const server = await this.#server()
      if (server.revocation_endpoint === undefined) return
      await oauth.revocationRequest(server, this.#client, this.#auth, refreshToken, this.#calling())
    } catch {
      // The refresh token stays unused until it expires at the provider.
    }
  }

  async #exchange(subjectToken: string): Promise<string> {
    try {
      const server = await this.#server()
      const response = await oauth.genericTokenEndpointRequest(
        ...[server, this.#client, this.#auth, TOKEN_EXCHANGE],
        new URLSearchParams({
          subject_token: subjectToken,
          subject_token_type: ACCESS_TOKEN_TYPE,
          requested_token_type: REFRESH_TOKEN_TYPE,
          scope: this.#options.scope ?? 'openid offline_access',
        }),
        this.#calling(),
      )
      const result = await oauth.processGenericTokenEndpointResponse(server, this.#client, response, {
        // RFC 8693 §2.2.1: the `token_type` of anything except an access token is `N_A`.
        recognizedTokenTypes: { n_a: () => undefined },
      })
      // RFC 8693 puts the refresh token into `access_token`; some providers put it into `refresh_token`.
      if (result.refresh_token !== undefined) return result.refresh_token
      if (result['issued_token_type'] === REFRESH_TOKEN_TYPE) return result.access_token
      throw new ProviderRefused('it issues no refresh token')
    } catch (error) {
      throw rejectionOf(error)
    }
  }

  /** The refresh token must be usable more than once, and its characters must be valid in a header. */
  async #requireUsable(refreshToken: string): Promise<void> {
    if (!BEARER.test(refreshToken))
      throw new ProviderRefused('its refresh token does not fit into a bearer credential')
    let response: oauth.TokenEndpointResponse
    try {
      response = await this.#refresh(refreshToken)
    } catch (error) {
      throw rejectionOf(error)
    }
    if (response.refresh_token !== undefined && response.refresh_token !== refreshToken) {
      throw new ProviderRefused('it rotates refresh tokens, so that none can be used twice')
    }
  }

  async #refresh(refreshToken: string): Promise<oauth.TokenEndpointResponse> {
    const server = await this.#server()
    const response = await oauth.refreshTokenGrantRequest(
      ...[server, this.#client, this.#auth, refreshToken],
      this.#calling(),
    )
    return oauth.processRefreshTokenResponse(server, this.#client, response)
  }

  async #server(): Promise<oauth.AuthorizationServer> {
    if (this.#metadata !== undefined && performance.now() < this.#metadata.until) return this.#metadata.server
    const response = await oauth.discoveryRequest(this.#issuer, this.#calling())
    const server = await oauth.processDiscoveryResponse(this.#issuer, response)
    this.#metadata = { server, until: performance.now() + METADATA_MS }
    return server
  }

  /** Options of each call: bounded in time and size, without redirects. */
  #calling() {
    return {
      [oauth.customFetch]: fetchBounded,
      [oauth.allowInsecureRequests]: this.#issuer.protocol === 'http:',
      signal: () => AbortSignal.timeout(FETCH_TIMEOUT_MS),
    }
  }
}

function clientAuth(options: OfflineTokensOptions): oauth.ClientAuth {
  const { token_endpoint_auth_method: method = 'client_secret_basic', client_secret: secret } = options
  if (method === 'none' && secret !== undefined) {
    throw new InvalidOption('identityProvider: offlineTokens.client_secret is not used by none')
  }
  if (method === 'none') return oauth.None()
  if (method !== 'client_secret_basic' && method !== 'client_secret_post') {
    throw new InvalidOption(
      'identityProvider: offlineTokens.token_endpoint_auth_method must be client_secret_basic, client_secret_post or none',
    )
  }
  const given = text(secret, 'identityProvider: offlineTokens.client_secret')
  return method === 'client_secret_basic' ? oauth.ClientSecretBasic(given) : oauth.ClientSecretPost(given)
}

/** A refusal by the provider is 403 with its code, if that is a registered one. Any other failure is 503. */
function rejectionOf(error: unknown): unknown {
  if (error instanceof ProviderRefused) return error
  if (error instanceof oauth.ResponseBodyError && error.status < 500) {
    return new ProviderRefused(registeredCode(error.error) ?? 'its error code is not a registered one')
  }
  return unavailable(providerFailure('the token exchange at the identity provider', error))
}
