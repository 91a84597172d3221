/** The composition root: options become collaborators, collaborators decorators, hooks, routes and timers. */

import type { FastifyInstance, FastifyRequest, FastifySchema } from 'fastify'
import fp from 'fastify-plugin'
import { createApiTokens, createDisabledApiTokens } from './code-api.ts'
import { AuthenticationDisabled } from './errors.ts'
import { createChallenges } from './http/challenge.ts'
import { type CheckedHooks, checkHooks } from './http/check-hooks.ts'
import { type CurrentTokenRouteDeps, currentTokenRoutes } from './http/current-token-routes.ts'
import { putErrorHeaders } from './http/error-headers.ts'
import { verifyHookOf } from './http/exported-hooks.ts'
import './http/fastify-types.ts'
import { createHook } from './http/hook.ts'
import { isOwnRoute, ownRoute } from './http/own-routes.ts'
import { decorateWithPlugin, type RegisteredPlugin } from './http/registered-plugin.ts'
import { clearRequestToken, decorateWithSlot } from './http/request-slot.ts'
import { makeStrict } from './http/strict-scope.ts'
import { tokenRoutes } from './http/token-routes.ts'
import { warnOfUnknownScopes } from './http/unknown-scopes.ts'
import { verifyCheck } from './http/verify-hook.ts'
import { watchRoutes } from './http/watch-routes.ts'
import { assemble, type Instance } from './instance.ts'
import { jobLog } from './jobs/job-log.ts'
import { oneAtATime } from './jobs/one-at-a-time.ts'
import { repeat } from './jobs/repeat.ts'
import { loadKeys } from './keys/key-source.ts'
import { type RefreshKeysDeps, refreshKeys } from './keys/refresh-keys.ts'
import { createSigner } from './keys/signer.ts'
import type { ApiTokens } from './lifecycle/api-tokens.ts'
import { ScopeCatalogue } from './lifecycle/scope-catalogue.ts'
import { requireNodeFor } from './node-version.ts'
import { registerDisabledOAuth, registerOAuth } from './oauth/oauth-routes.ts'
import type { ApiTokensOptions } from './options.ts'
import { readOptions, type Settings } from './settings.ts'
import { throwCause, withOutages } from './store/store-outage.ts'
import type { TokenStore } from './store/token-store.ts'
import { NO_SCOPES } from './token/scope.ts'

const SWEEP_INTERVAL_MS = 60_000
const CLOCK_INTERVAL_MS = 1_000
const DEFAULT_DATABASE = 'api-tokens.db'

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
  fastify.addHook('onReady', async () => checkHooks(fastify, { faults, ...own }))
  if (settings.authentication === 'none') registerDisabled(fastify, settings, addScopes)
  else own = await registerRequired(fastify, settings, catalogue)
}

/** The non-authenticated mode: routes are open, tokens are not available, neither store nor key file is touched. */
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
  decorate(fastify, plugin, createDisabledApiTokens(settings))
  const { routesPrefix, oauth } = settings
  if (oauth !== null) registerDisabledOAuth(fastify, oauth)
  if (routesPrefix === null) return
  fastify.register(
    async (scope) => {
      makeStrict(scope)
      scope.addHook('onRequest', async () => {
        throw new AuthenticationDisabled()
      })
      const schema: FastifySchema & { hide: boolean } = { hide: true }
      for (const url of ['', '/*']) {
        scope.route({
          method: ['GET', 'POST', 'PATCH', 'DELETE'],
          url,
          schema,
          config: ownRoute,
          handler: async () => null,
        })
      }
    },
    { prefix: routesPrefix },
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
  const store = withOutages(settings.store ?? (await defaultStore()))
  await store.open()
  fastify.addHook('onClose', () => store.close())
  const keys = await loadKeys(settings.keys, {
    storeIsEmpty: () => store.isEmpty(),
    log: (message) => log.info(message),
    warn: (message) => log.warn(message),
  })
  const signer = await createSigner(fastify, keys)
  const instance = assemble({ settings, store, signer, catalogue, log })
  const { verification, lifecycle, signals, events, remoteInvalidation, recorder } = instance
  await remoteInvalidation.open().catch(throwCause)
  fastify.addHook('onClose', () => remoteInvalidation.close())
  // The first issue may come before the first sweep, and deletes ended tokens by this clock.
  await instance.sweepClock.now().catch(throwCause)
  const challenges = createChallenges(settings.realm, settings.oauth?.endpoints.protectedResourceMetadata)
  const slot = decorateWithSlot(fastify)
  const { clock, storesClients } = settings
  const addScopes = (scopes: readonly string[]) => catalogue.add(scopes)
  const onScopesMissing = warnOfUnknownScopes(catalogue, log)
  const check = verifyCheck({
    ...{ verification, signals, challenges, clock, events, recorder, slot, storesClients },
    onScopesMissing,
  })
  const clearToken = (request: FastifyRequest) => clearRequestToken(request, slot)
  const plugin: RegisteredPlugin = { check, isExempt: isOwnRoute, clearToken, addScopes }
  fastify.addHook('onError', putErrorHeaders)
  decorate(fastify, plugin, createApiTokens(instance, challenges))
  startTimers(fastify, settings, instance)
  if (typeof settings.keys === 'function') startKeyRefresh(fastify, settings, settings.keys, instance)
  const ownRouteHook = createHook('verifyApiToken', NO_SCOPES, check)
  const hasRoutes = registerRoutes(fastify, settings, instance, { verifyApiToken: ownRouteHook, challenges })
  const { oauth, realm, authenticateUser, trustedOrigins } = settings
  if (oauth !== null) {
    registerOAuth(fastify, {
      ...{ settings: oauth, realm, verification, lifecycle },
      ...{ authenticateUser, trustedOrigins },
    })
  }
  return { ownErrorHook: putErrorHeaders, ownRouteHook: hasRoutes ? ownRouteHook : undefined }
}

/** The driver of SQLite is loaded only by a host that uses it. */
async function defaultStore(): Promise<TokenStore> {
  const { sqliteTokenStore } = await import('./store/kysely/dialects/sqlite/sqlite-token-store.ts')
  return sqliteTokenStore({ filename: DEFAULT_DATABASE })
}

/** Only these names: others, such as `requireScopes`, are the host's to use. */
function decorate(fastify: FastifyInstance, plugin: RegisteredPlugin, apiTokens: ApiTokens): void {
  decorateWithPlugin(fastify, plugin)
  fastify.decorate('verifyApiToken', verifyHookOf(plugin))
  fastify.decorate('apiTokens', apiTokens)
}

function startTimers(fastify: FastifyInstance, { flushIntervalMs }: Settings, instance: Instance): void {
  const { recorder, signals, lifecycle } = instance
  const log = jobLog(fastify.log)
  // Its failures are reported by the recorder, which other flushes in the background share.
  const flushing = setInterval(() => recorder.flushInBackground(), flushIntervalMs).unref()
  const watching = repeat(CLOCK_INTERVAL_MS, async () => instance.watchClock(), {
    failed: (err) => log.error({ err }, 'reading the clock for API tokens fails'),
    recovered: () => log.info('reading the clock for API tokens works again'),
  })
  const sweepAlone = oneAtATime({ store: lifecycle.store, name: 'sweep' }, instance.sweep)
  const sweeping = repeat(
    SWEEP_INTERVAL_MS,
    // By a wrong clock an instance deletes what ends by the store's clock, and leaves the lease to others.
    async (stopping) => {
      const isRight = (await instance.sweepClock.now()) !== null
      await (isRight ? sweepAlone(stopping) : instance.sweep(stopping))
    },
    {
      failed: (err) => log.error({ err }, 'the sweep of API tokens fails: it is tried again every minute'),
      recovered: () => log.info('the sweep of API tokens succeeds again'),
    },
  )
  // Hooks of onClose run last registered first: the store is still open here.
  fastify.addHook('onClose', async () => {
    clearInterval(flushing)
    await Promise.all([watching.stop(), sweeping.stop()])
    signals.close()
    await recorder
      .close()
      .catch((err) => log.error({ err, ...recorder.stats() }, 'usage of API tokens was lost at close'))
  })
}

function startKeyRefresh(
  fastify: FastifyInstance,
  { keyRefreshMs }: Settings,
  source: RefreshKeysDeps['source'],
  { lifecycle, keysChanged }: Instance,
): void {
  const log = jobLog(fastify.log)
  const parts = {
    source,
    signer: lifecycle.signer,
    log: (message: string) => log.info(message),
    onChange: keysChanged,
  }
  const refreshing = repeat(keyRefreshMs, () => refreshKeys(parts), {
    failed: (err) =>
      log.error({ err }, 'the keys of API tokens cannot be refreshed: the current keys stay in use'),
    recovered: () => log.info('the keys of API tokens are refreshed again'),
  })
  fastify.addHook('onClose', () => refreshing.stop())
}

function registerRoutes(
  fastify: FastifyInstance,
  settings: Settings,
  instance: Instance,
  current: Pick<CurrentTokenRouteDeps, 'verifyApiToken' | 'challenges'>,
): boolean {
  const { authenticateUser, trustedOrigins, routesPrefix, openapi } = settings
  if (routesPrefix === null || authenticateUser === undefined) return false
  const { lifecycle } = instance
  const subjectToken = async (request: FastifyRequest) => settings.identityProvider?.subjectToken(request)
  const operations = { tag: '', security: [], ...openapi, hide: openapi === null }
  fastify.register(
    async (scope) => {
      makeStrict(scope)
      scope.register(async (manage) =>
        tokenRoutes(manage, { lifecycle, authenticateUser, trustedOrigins, subjectToken, ...operations }),
      )
      scope.register(async (own) => currentTokenRoutes(own, { lifecycle, ...current, ...operations }))
    },
    { prefix: routesPrefix },
  )
  return true
}
