/** The errors that a protected route answers with, each with its `WWW-Authenticate` challenge (RFC 6750 §3). */

import type { FastifyError } from '@fastify/error'
import {
  InsufficientScope,
  InvalidToken,
  MalformedCredential,
  MissingCredential,
  withHeaders,
} from '../errors.ts'
import { formatScope } from '../token/scope.ts'
import type { HeaderFault } from './authorization-header.ts'

export interface Challenges {
  /** RFC 6750 §3.1: no error code for a request that carries nothing, `invalid_request` for a malformed one. */
  fault(fault: HeaderFault): FastifyError
  /** RFC 6750 §3.1 `invalid_token`. */
  invalidToken(): FastifyError
  /** RFC 6750 §3.1 `insufficient_scope`, with the scopes that the route demands. */
  insufficientScope(demanded: readonly string[]): FastifyError
}

/** @param resourceMetadata Where clients learn how to come by a token (RFC 9728 §5.1), when there is such a place. */
export function createChallenges(realm: string, resourceMetadata?: string): Challenges {
  const bearer = `Bearer realm="${realm.replace(/["\\]/g, '\\$&')}"`
  const metadata = resourceMetadata === undefined ? '' : `, resource_metadata="${resourceMetadata}"`
  const challenged = <E extends FastifyError>(error: E, parameters = ''): E =>
    withHeaders(error, { 'www-authenticate': bearer + parameters + metadata })
  return {
    fault: (fault) =>
      fault.kind === 'missing'
        ? challenged(new MissingCredential())
        : challenged(new MalformedCredential(fault.detail), ', error="invalid_request"'),
    invalidToken: () => challenged(new InvalidToken(), ', error="invalid_token"'),
    insufficientScope: (demanded) => {
      const scope = formatScope(demanded)
      return challenged(new InsufficientScope(scope), `, error="insufficient_scope", scope="${scope}"`)
    },
  }
}
