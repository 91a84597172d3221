/** Tells the plugin's own routes from the host's: a hook for a whole application leaves them to their own checks. */

import type { FastifyContextConfig, FastifyInstance, FastifyRequest } from 'fastify'

/** Registered with the runtime: a page of another copy of the package is the plugin's own as well. */
const OWN = Symbol.for('fastify-api-tokens.own-route')

/** The `config` of each of the plugin's own routes. */
export const ownRoute: FastifyContextConfig = Object.fromEntries([[OWN, true]])

/** Tells hooks that the scope has routes of the plugin's own. The routes are marked one by one, by `ownRoute`. */
export function announceOwnRoutes(scope: FastifyInstance): void {
  if (!scope.hasDecorator(OWN)) scope.decorate(OWN, true)
}

/** A host's route is never one, also where a page was registered without a scope of its own. */
export function isOwnRoute(request: FastifyRequest): boolean {
  // Fastify makes an object for `routeOptions`, so that most requests are told by their scope alone.
  return OWN in request.server && OWN in request.routeOptions.config
}
