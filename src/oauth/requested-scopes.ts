/** Reads the parameter `scope` of a request (RFC 6749 §3.3). */

import { isScopeName, parseScope } from '../token/scope.ts'
import { type Form, parameter } from './form-body.ts'
import { OAuthError } from './oauth-error.ts'

/** @throws {OAuthError} `invalid_scope`, if it is not a list of scope names. */
export function requestedScopes(form: Form): readonly string[] {
  const wanted = [...new Set(parseScope(parameter(form, 'scope') ?? ''))]
  if (wanted.every(isScopeName)) return wanted
  throw new OAuthError('invalid_scope', 'scope is not a list of scope names')
}
