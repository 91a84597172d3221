/** Marks the plugin's own routes, so that a hook of a whole application skips them: they have their own checks. */

import type { FastifyContextConfig, FastifyInstance, FastifyRequest, FastifySchema } from 'fastify'

/** From the global symbol registry, so that routes of another copy of the package are recognized too. */
const OWN = Symbol.for('fastify-api-tokens.own-route')

/** The `config` of each of the plugin's own routes. */
export const ownRoute: FastifyContextConfig = Object.fromEntries([[OWN, true]])

interface HiddenRoute {
  readonly schema: FastifySchema & { readonly hide: boolean }
  readonly config: FastifyContextConfig
}

/** The options of an own route that is left out of the host's OpenAPI document. */
export const hiddenRoute: HiddenRoute = { schema: { hide: true }, config: ownRoute }

/** Marks a scope that contains routes of the plugin. Each of these routes also has `ownRoute` as its `config`. */
export function markOwnScope(scope: FastifyInstance): void {
  if (!scope.hasDecorator(OWN)) scope.decorate(OWN, true)
}

/** Both marks are checked, because a host may register the page in a scope that also has routes of the host. */
export function isOwnRoute(request: FastifyRequest): boolean {
  // `request.routeOptions` creates an object: the cheap check of the scope comes first.
  return OWN in request.server && OWN in request.routeOptions.config
}
