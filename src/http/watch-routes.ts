/** Finds the hooks of the package on each route of the host when the route is declared. */

import type { FastifyInstance, RouteOptions } from 'fastify'
import { atPosition, HOOK_POSITIONS } from './hook.ts'
import { type HookMark, markOf } from './hook-mark.ts'
import { withBearerSecurity } from './open-api.ts'

export interface WatchedRoutes {
  /** Adds to the scope catalogue. */
  addScopes(scopes: readonly string[]): void
  /** Whether the security scheme is added to the routes in the host's OpenAPI document. */
  readonly describe: boolean
}

/** All route options that take hooks. */
const ROUTE_HOOKS = [
  ...['onRequest', 'preParsing', 'preValidation', 'preHandler'],
  ...['preSerialization', 'onSend', 'onResponse', 'onError', 'onTimeout', 'onRequestAbort'],
] as const

/**
 * Adds the scopes of routes that are declared later to the catalogue, and the security scheme to their operations.
 *
 * @returns The faults of misplaced hooks. The list grows until the application has booted.
 */
export function watchRoutes(
  fastify: FastifyInstance,
  { addScopes, describe }: WatchedRoutes,
): readonly string[] {
  const faults: string[] = []
  fastify.addHook('onRoute', (route) => {
    const hooks = hooksOf(route)
    for (const { mark, position } of hooks) {
      addScopes(mark.scopes)
      if (!HOOK_POSITIONS.includes(position)) {
        faults.push(atPosition(mark.label, position, ` of ${String(route.method)} ${route.url}`))
      }
    }
    if (describe && hooks.length > 0) route.schema = withBearerSecurity(route.schema)
  })
  return faults
}

function hooksOf(route: RouteOptions): { readonly mark: HookMark; readonly position: string }[] {
  return ROUTE_HOOKS.flatMap((position) => {
    const functions: unknown[] = [route[position as keyof RouteOptions] ?? []].flat()
    return functions.flatMap((hook) => {
      const mark = markOf(hook)
      return mark === undefined ? [] : [{ mark, position }]
    })
  })
}
