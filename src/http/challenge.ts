/** The errors of a protected route, each with its `WWW-Authenticate` challenge (RFC 6750 §3). */

import type { FastifyError } from '@fastify/error'
import {
  InsufficientScope,
  InvalidToken,
  MalformedCredential,
  MissingCredential,
  withHeaders,
} from '../errors.ts'
import { formatScope, type ScopeRequirement } from '../token/scope.ts'
import type { HeaderFault } from './authorization-header.ts'

export interface Challenges {
  /**
   * RFC 6750 §3.1: no error code for a request without credentials, `invalid_request` for a malformed one.
   *
   * @param required The scopes of the route: the challenge names them, so that a client knows which to request.
   */
  fault(fault: HeaderFault, required: ScopeRequirement): FastifyError
  /** RFC 6750 §3.1 `invalid_token`. */
  invalidToken(required: ScopeRequirement): FastifyError
  /** RFC 6750 §3.1 `insufficient_scope`. */
  insufficientScope(required: ScopeRequirement): FastifyError
}

/** @param resourceMetadata The URL of the protected resource metadata (RFC 9728 §5.1), if there is one. */
export function createChallenges(realm: string, resourceMetadata?: string): Challenges {
  const bearer = `Bearer realm=${quoted(realm)}`
  const metadata = resourceMetadata === undefined ? '' : `, resource_metadata="${resourceMetadata}"`
  const challenged = <E extends FastifyError>(error: E, parameters = ''): E =>
    withHeaders(error, { 'www-authenticate': bearer + parameters + metadata })
  return {
    fault: (fault, required) =>
      fault.kind === 'missing'
        ? challenged(new MissingCredential(), scopeParameter(required))
        : challenged(new MalformedCredential(fault.detail), ', error="invalid_request"'),
    invalidToken: (required) =>
      challenged(new InvalidToken(), `, error="invalid_token"${scopeParameter(required)}`),
    insufficientScope: (required) => {
      const { match, scopes } = required
      const error = new InsufficientScope(match === 'all' ? formatScope(scopes) : scopes.join(' or '))
      return challenged(error, `, error="insufficient_scope"${scopeParameter(required)}`)
    },
  }
}

/** A quoted-string (RFC 9110 §5.6.4). */
export function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

/** RFC 6750 §3: `scope` means required scope. Of alternatives only the first is named. */
function scopeParameter({ match, scopes }: ScopeRequirement): string {
  const named = match === 'all' ? scopes : scopes.slice(0, 1)
  return named.length === 0 ? '' : `, scope="${formatScope(named)}"`
}
