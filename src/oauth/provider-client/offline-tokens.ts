/** Tokens that the host's identity provider holds: each is an offline refresh token of its user's there. */

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
  /** The provider's `iss`, exactly: an https URL, or http on loopback. Its endpoints are found by its metadata. */
  readonly issuer: string
  /** The host as a client of the provider; `token_endpoint_auth_method` as RFC 7591 §2 has it. */
  readonly client_id: string
  readonly client_secret?: string | undefined
  /** Default: `'client_secret_basic'`. */
  readonly token_endpoint_auth_method?: 'client_secret_basic' | 'client_secret_post' | 'none' | undefined
  /** The signed-in user's access token at the provider, which is exchanged; `null`: they have to sign in again. */
  subjectToken(request: FastifyRequest): string | null | undefined | Promise<string | null | undefined>
  /** What is asked of the provider. Default: `'openid offline_access'`. */
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

/** RFC 6750 §2.1: what may stand in a bearer credential. */
const BEARER = /^[A-Za-z0-9._~+/-]+=*$/
const METADATA_MS = 60 * 60 * 1000

/**
 * Lets the identity provider hold the tokens: when a user issues one, their access token there is exchanged for an
 * offline refresh token (RFC 8693), and a token lives as long as the provider lets that be used.
 *
 * @throws {InvalidOption} That names the member that is wrong.
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
    // A copy, so that the checked value is the used value. Each member is checked below.
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
   * @throws {UserRequired} When the user has no token at the provider: they have to sign in again.
   * @throws {InvalidResult} When the host's function returns anything but a string or nothing.
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
      const answer = await this.#refresh(refreshToken)
      const { access_token: accessToken, expires_in: seconds } = answer
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
      // It stays unused, and goes idle there.
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
      const answer = await oauth.processGenericTokenEndpointResponse(server, this.#client, response, {
        // RFC 8693 §2.2.1: what is no access token is of no type.
        recognizedTokenTypes: { n_a: () => undefined },
      })
      // What was asked for stands in `access_token`; some providers give it beside an access token.
      if (answer.refresh_token !== undefined) return answer.refresh_token
      if (answer['issued_token_type'] === REFRESH_TOKEN_TYPE) return answer.access_token
      throw new ProviderRefused('it gives no refresh token')
    } catch (error) {
      throw rejectionOf(error)
    }
  }

  /** It must be good for more than one use, and fit into a header. */
  async #requireUsable(refreshToken: string): Promise<void> {
    if (!BEARER.test(refreshToken))
      throw new ProviderRefused('its refresh token does not fit into a bearer credential')
    let answer: oauth.TokenEndpointResponse
    try {
      answer = await this.#refresh(refreshToken)
    } catch (error) {
      throw rejectionOf(error)
    }
    if (answer.refresh_token !== undefined && answer.refresh_token !== refreshToken) {
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

  /** Each call is bounded in time and size, and goes to no other place. */
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

/** What the provider refuses is refused, with its code if that is a registered one; no answer is an outage. */
function rejectionOf(error: unknown): unknown {
  if (error instanceof ProviderRefused) return error
  if (error instanceof oauth.ResponseBodyError && error.status < 500) {
    return new ProviderRefused(registeredCode(error.error) ?? 'its error code is not a registered one')
  }
  return unavailable(providerFailure('the token exchange at the identity provider', error))
}
