/** Watches the host's routes as they are declared: which hooks of the package they have, and where. */

import type { FastifyInstance, RouteOptions } from 'fastify'
import { atPosition, HOOK_POSITIONS } from './hook.ts'
import { type HookMark, markOf } from './hook-mark.ts'
import { withBearerSecurity } from './open-api.ts'

export interface WatchedRoutes {
  /** Adds to the scope catalogue. */
  addScopes(scopes: readonly string[]): void
  /** Whether the routes name the security scheme in the host's OpenAPI document. */
  readonly describe: boolean
}

/** Every option of a route that holds hooks. */
const ROUTE_HOOKS = [
  ...['onRequest', 'preParsing', 'preValidation', 'preHandler'],
  ...['preSerialization', 'onSend', 'onResponse', 'onError', 'onTimeout', 'onRequestAbort'],
] as const

/**
 * Adds the scopes of routes that are declared from now on to the catalogue, and the security scheme to their
 * operations.
 *
 * @returns What is wrong with hooks where they cannot refuse a request; it grows until the application has booted.
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
