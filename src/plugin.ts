/** Registers the plugin on Fastify: decorators, hooks, routes and timers. */

import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { registerAdmin } from './admin/admin-routes.ts'
import { AuthenticationDisabled } from './errors.ts'
import { createChallenges } from './http/challenge.ts'
import { type CurrentTokenRouteDeps, currentTokenRoutes } from './http/current-token-routes.ts'
import { putErrorHeaders } from './http/error-headers.ts'
import { verifyHookOf } from './http/exported-hooks.ts'
import { type CheckedHooks, checkHookPlacement } from './http/hook-placement.ts'
import { createApiTokens, createDisabledApiTokens } from './lifecycle/code-api.ts'
import './http/fastify-types.ts'
import { createHook } from './http/hook.ts'
import type { OperationDeps } from './http/operation.ts'
import { hiddenRoute, isOwnRoute } from './http/own-routes.ts'
import { decorateWithPlugin, type RegisteredPlugin } from './http/registered-plugin.ts'
import { requestCheck } from './http/request-check.ts'
import { clearRequestToken, decorateWithSlot } from './http/request-slot.ts'
import { makeStrict } from './http/strict-scope.ts'
import { tokenRoutes } from './http/token-routes.ts'
import { warnOfUnknownScopes } from './http/unknown-scopes.ts'
import { watchRoutes } from './http/watch-routes.ts'
import { type Instance, openInstance } from './instance.ts'
import type { ApiTokens } from './lifecycle/api-tokens.ts'
import { ScopeCatalogue } from './lifecycle/scope-catalogue.ts'
import { requireNodeFor } from './node-version.ts'
import { registerDisabledOAuth, registerOAuth } from './oauth/oauth-routes.ts'
import type { ApiTokensOptions } from './options.ts'
import { readOptions, type Settings } from './settings.ts'
import { startTimers } from './timers.ts'
import { NO_SCOPES } from './token/scope.ts'

/** Registers API tokens on a Fastify instance and everything below it. See `ApiTokensOptions`. */
export const apiTokensPlugin = fp<ApiTokensOptions>(registerApiTokens, {
  fastify: '5.x',
  name: 'fastify-api-tokens',
})

async function registerApiTokens(fastify: FastifyInstance, options: ApiTokensOptions): Promise<void> {
  requireNodeFor('fastify-api-tokens')
  const settings = readOptions(options)
  const catalogue = new ScopeCatalogue(settings.scopes)
  const addScopes = (scopes: readonly string[]) => catalogue.add(scopes)
  const describe = settings.openapi !== null && settings.authentication === 'required'
  const faults = watchRoutes(fastify, { addScopes, describe })
  let own: Omit<CheckedHooks, 'faults'> = {}
  fastify.addHook('onReady', async () => checkHookPlacement(fastify, { faults, ...own }))
  if (settings.authentication === 'none') registerDisabled(fastify, settings, addScopes)
  else own = await registerRequired(fastify, settings, catalogue)
}

/** The non-authenticated mode: protected routes are open, tokens are not available, store and keys are not opened. */
function registerDisabled(
  fastify: FastifyInstance,
  settings: Settings,
  addScopes: RegisteredPlugin['addScopes'],
): void {
  fastify.log.warn(
    "API tokens are disabled (authentication: 'none'): every route that they would protect is open",
  )
  fastify.decorateRequest('apiToken', null)
  const plugin: RegisteredPlugin = {
    check: (_request, _reply, _required, done) => done(new AuthenticationDisabled()),
    isExempt: () => true,
    clearToken: () => undefined,
    addScopes,
  }
  decorate(fastify, plugin, createDisabledApiTokens(settings.cacheMax))
  const { routesPrefix, admin, oauth } = settings
  if (oauth !== null) registerDisabledOAuth(fastify, oauth)
  if (routesPrefix !== null) refuseBelow(fastify, routesPrefix)
  if (admin !== null) refuseBelow(fastify, admin.prefix)
}

/** Responds with 403 to every request of a path and below it. */
function refuseBelow(fastify: FastifyInstance, prefix: string): void {
  fastify.register(
    async (scope) => {
      makeStrict(scope)
      scope.addHook('onRequest', async () => {
        throw new AuthenticationDisabled()
      })
      for (const url of ['', '/*']) {
        scope.route({
          method: ['GET', 'POST', 'PATCH', 'DELETE'],
          url,
          ...hiddenRoute,
          handler: async () => null,
        })
      }
    },
    { prefix },
  )
}

async function registerRequired(
  fastify: FastifyInstance,
  settings: Settings,
  catalogue: ScopeCatalogue,
): Promise<Omit<CheckedHooks, 'faults'>> {
  const { log } = fastify
  if (settings.findUser === undefined)
    log.info('findUser is not set: every owner of API tokens counts as active')
  const instance = await openInstance(fastify, settings, catalogue)
  const { verification, lifecycle, signals, events, recorder } = instance
  const challenges = createChallenges(settings.realm, settings.oauth?.endpoints.protectedResourceMetadata)
  const slot = decorateWithSlot(fastify)
  const { clock, storesClients, logsTokenIds } = settings
  const addScopes = (scopes: readonly string[]) => catalogue.add(scopes)
  const onScopesMissing = warnOfUnknownScopes(catalogue, log)
  const check = requestCheck({
    ...{ verification, signals, challenges, clock, events, recorder, slot, storesClients, logsTokenIds },
    onScopesMissing,
  })
  const clearToken = (request: FastifyRequest) => clearRequestToken(request, slot)
  const plugin: RegisteredPlugin = { check, isExempt: isOwnRoute, clearToken, addScopes }
  fastify.addHook('onError', putErrorHeaders)
  decorate(
    fastify,
    plugin,
    createApiTokens({ ...instance, rejected: () => challenges.invalidToken(NO_SCOPES) }),
  )
  startTimers(fastify, settings, instance)
  const ownRouteHook = createHook('verifyApiToken', NO_SCOPES, check)
  const hasRoutes = registerRoutes(fastify, settings, instance, { verifyApiToken: ownRouteHook, challenges })
  const { oauth, realm, authenticateUser, ownerTypes, trustedOrigins, admin } = settings
  if (admin !== null) registerAdmin(fastify, admin, { lifecycle, ...operationDeps(settings) })
  if (oauth !== null) {
    registerOAuth(fastify, {
      ...{ settings: oauth, realm, verification, lifecycle },
      ...{ authenticateUser, ownerTypes, trustedOrigins },
    })
  }
  return { ownErrorHook: putErrorHeaders, ownRouteHook: hasRoutes ? ownRouteHook : undefined }
}

/** No further hook decorators: names such as `requireScopes` are left to the host. */
function decorate(fastify: FastifyInstance, plugin: RegisteredPlugin, apiTokens: ApiTokens): void {
  decorateWithPlugin(fastify, plugin)
  fastify.decorate('verifyApiToken', verifyHookOf(plugin))
  fastify.decorate('apiTokens', apiTokens)
}

function operationDeps({ openapi }: Settings): OperationDeps {
  return { tag: '', security: [], ...openapi, hide: openapi === null }
}

function registerRoutes(
  fastify: FastifyInstance,
  settings: Settings,
  instance: Instance,
  current: Pick<CurrentTokenRouteDeps, 'verifyApiToken' | 'challenges'>,
): boolean {
  const { authenticateUser, ownerTypes, trustedOrigins, routesPrefix } = settings
  if (routesPrefix === null || authenticateUser === undefined) return false
  const { lifecycle } = instance
  const subjectToken = async (request: FastifyRequest) => settings.identityProvider?.subjectToken(request)
  const operations = operationDeps(settings)
  fastify.register(
    async (scope) => {
      makeStrict(scope)
      scope.register(async (manage) =>
        tokenRoutes(manage, {
          ...{ lifecycle, authenticateUser, ownerTypes, trustedOrigins, subjectToken },
          ...operations,
        }),
      )
      scope.register(async (own) => currentTokenRoutes(own, { lifecycle, ...current, ...operations }))
    },
    { prefix: routesPrefix },
  )
  return true
}
