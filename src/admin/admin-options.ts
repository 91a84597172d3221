/** The option `admin`, checked at boot. */

import type { FastifyRequest } from 'fastify'
import { InvalidOption } from '../errors.ts'
import { record, requireFunction, routePrefix } from '../option-values.ts'
import { readOrigins } from '../trusted-origins.ts'

/** The administrator that `admin.authenticate` returns. */
export interface Administrator {
  readonly id: string
}

export type AuthenticateAdmin = (
  request: FastifyRequest,
) => Administrator | null | undefined | Promise<Administrator | null | undefined>

/** See `docs/reference/administration.md`. */
export interface AdminOptions {
  /** Returns the administrator of a request, or `null`. Required. */
  authenticate: AuthenticateAdmin
  /** The path of the routes. Default: `'/admin/tokens'`. */
  prefix?: string | undefined
  /** Further origins that may send state-changing requests. Default: only the request's own origin. */
  trustedOrigins?: readonly string[] | undefined
}

export interface AdminSettings {
  readonly authenticate: AuthenticateAdmin
  readonly prefix: string
  readonly trustedOrigins: ReadonlySet<string>
}

/** @throws {InvalidOption} That names the path of the invalid option. */
export function readAdmin(admin: unknown): AdminSettings {
  const known: readonly (keyof AdminOptions)[] = ['authenticate', 'prefix', 'trustedOrigins']
  const { authenticate, prefix = '/admin/tokens', trustedOrigins } = record(admin, known, 'admin')
  if (authenticate === undefined) throw new InvalidOption('admin.authenticate is required')
  requireFunction(authenticate, 'admin.authenticate')
  return {
    // It was checked above. Its result is checked at each request.
    authenticate: authenticate as AuthenticateAdmin,
    prefix: routePrefix(prefix, 'admin.prefix', '/admin/tokens'),
    trustedOrigins: readOrigins(trustedOrigins, 'admin.trustedOrigins'),
  }
}
