/** Refuses API tokens on the management routes, so that a token cannot issue tokens. */

import type { FastifyRequest } from 'fastify'
import { SessionOnly } from '../errors.ts'
import { TOKEN_TYPE } from '../token/claims.ts'
import { hasPrefix, type TokenPrefixes } from '../token/credential.ts'
import { mediaTypeOf, unverifiedHeader } from '../token/unverified-jwt.ts'
import { bearerCredentials } from './authorization-header.ts'

/**
 * Refuses a request with one of the plugin's credentials, valid or not, recognized by prefix or by the header's `typ`.
 * Any other bearer credential is left to `authenticateUser`.
 *
 * @throws {SessionOnly}
 */
export function refuseApiToken(request: FastifyRequest, tokenPrefixes: TokenPrefixes): void {
  if (bearerCredentials(request.raw).some((credential) => isOurs(credential, tokenPrefixes))) {
    throw new SessionOnly()
  }
}

function isOurs(credential: string, tokenPrefixes: TokenPrefixes): boolean {
  if (hasPrefix(credential, tokenPrefixes)) return true
  return mediaTypeOf(unverifiedHeader(credential)?.['typ']) === TOKEN_TYPE
}
