/** The option `openapi`, checked at boot. */

import { InvalidOption } from '../errors.ts'
import { isRecord, listOf, record, text } from '../option-values.ts'
import { scopeListOf } from '../token/scope.ts'
import { type SecurityRequirement, sessionSecurity } from './open-api.ts'

export interface OpenApiOptions {
  /** The tag of the routes. Default: `'API tokens'`. */
  tag?: string | undefined
  /** What the routes of the signed-in user require (OpenAPI 3.1 §4.8.30). Default: `[{ session: [] }]`. */
  security?: readonly SecurityRequirement[] | undefined
}

export interface OpenApiSettings {
  readonly tag: string
  readonly security: readonly SecurityRequirement[]
}

/**
 * Returns `null` when the routes are hidden. Scheme names are checked later, when the OpenAPI document is generated.
 *
 * @throws {InvalidOption}
 */
export function readOpenApi(openapi: unknown = {}): OpenApiSettings | null {
  if (openapi === false) return null
  const { tag = 'API tokens', security = sessionSecurity } = record(openapi, ['tag', 'security'], 'openapi')
  const requirements = listOf(security)
  if (requirements?.every(isRequirement) !== true) {
    throw new InvalidOption('openapi.security must be an array of requirements such as { cookie: [] }')
  }
  return { tag: text(tag, 'openapi.tag'), security: requirements }
}

function isRequirement(value: unknown): value is SecurityRequirement {
  return isRecord(value) && Object.values(value).every((scopes) => scopeListOf(scopes) !== undefined)
}
