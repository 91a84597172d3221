/** Registers the routes for administrators: the option `admin`. */

import type { FastifyInstance } from 'fastify'
import { requireSameSite } from '../http/cross-site.ts'
import { refuseApiToken } from '../http/session-only.ts'
import { makeStrict } from '../http/strict-scope.ts'
import type { AdminSettings } from './admin-options.ts'
import { adminOwnerRoutes } from './admin-owner-routes.ts'
import { type AdminRouteDeps, adminTokenRoutes } from './admin-token-routes.ts'
import { requireAdministrator } from './administrator.ts'

export function registerAdmin(
  fastify: FastifyInstance,
  { authenticate, prefix, trustedOrigins }: AdminSettings,
  deps: AdminRouteDeps,
): void {
  fastify.register(
    async (scope) => {
      makeStrict(scope)
      scope.addHook('onRequest', async (request) => {
        // A credential of ours never administers.
        refuseApiToken(request, deps.lifecycle.tokenPrefixes)
        requireSameSite(request, trustedOrigins)
      })
      requireAdministrator(scope, authenticate)
      adminOwnerRoutes(scope, deps)
      adminTokenRoutes(scope, deps)
    },
    { prefix },
  )
}
