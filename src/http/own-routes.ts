/** Tells the plugin's own routes from the host's: a hook for a whole application leaves them to their own checks. */

import type { FastifyInstance, FastifyRequest } from 'fastify'

const OWN = Symbol('fastify-api-tokens.own-routes')

/** Marks every route of the scope as the plugin's own. */
export function markOwnRoutes(scope: FastifyInstance): void {
  scope.decorate(OWN, true)
}

export function isOwnRoute({ server }: FastifyRequest): boolean {
  return OWN in server
}
