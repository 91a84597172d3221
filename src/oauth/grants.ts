/** The token endpoint: authenticates the client and runs the grant of `grant_type`. */

import type { FastifyRequest } from 'fastify'
import { addressOf } from '../http/request-address.ts'
import type { AuthenticateClient } from './clients/client-authentication.ts'
import type { ClientSettings } from './clients/client-settings.ts'
import { type Form, requiredParameter } from './form-body.ts'
import { OAuthError } from './oauth-error.ts'
import type { TokenResponse } from './token-response.ts'

/** A request to the token endpoint whose client is authenticated and may use the grant. */
export interface GrantRequest {
  readonly form: Form
  readonly client: ClientSettings
  readonly log: FastifyRequest['log']
  /** The address of the request. */
  readonly ip: string | null
  readonly httpRequest: FastifyRequest
}

export interface Granted {
  readonly response: TokenResponse
  readonly tokenId: string
}

/** @throws {OAuthError} If no token is issued. */
export type Grant = (request: GrantRequest) => Promise<Granted>

/** By `grant_type`. */
export type Grants = Readonly<Record<string, Grant>>

/**
 * Handles a request to the token endpoint (RFC 6749 §3.2).
 *
 * @throws {OAuthError}
 */
export async function grantToken(
  {
    grants,
    authenticateClient,
  }: { readonly grants: Grants; readonly authenticateClient: AuthenticateClient },
  request: FastifyRequest,
  form: Form,
): Promise<Granted> {
  const client = await authenticateClient(request, form)
  const type = requiredParameter(form, 'grant_type')
  const grant = Object.hasOwn(grants, type) ? grants[type] : undefined
  if (grant === undefined) throw new OAuthError('unsupported_grant_type', 'This grant_type is not supported')
  if (!client.grantTypes.includes(type)) {
    throw new OAuthError('unauthorized_client', `grant_types of this client does not list ${type}`)
  }
  return grant({ form, client, log: request.log, ip: addressOf(request), httpRequest: request })
}
