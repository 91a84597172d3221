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
   * @param required What the route requires: a client without credentials learns which scopes to ask for.
   */
  fault(fault: HeaderFault, required: ScopeRequirement): FastifyError
  /** RFC 6750 §3.1 `invalid_token`. */
  invalidToken(required: ScopeRequirement): FastifyError
  /** RFC 6750 §3.1 `insufficient_scope`. */
  insufficientScope(required: ScopeRequirement): FastifyError
}

/** @param resourceMetadata Where clients learn how to get a token (RFC 9728 §5.1), when there is such a place. */
export function createChallenges(realm: string, resourceMetadata?: string): Challenges {
  const bearer = `Bearer realm="${realm.replace(/["\\]/g, '\\$&')}"`
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

/** RFC 6750 §3: `scope` is the required scope, so that of alternatives the first is named. */
function scopeParameter({ match, scopes }: ScopeRequirement): string {
  const named = match === 'all' ? scopes : scopes.slice(0, 1)
  return named.length === 0 ? '' : `, scope="${formatScope(named)}"`
}
