/**
 * The exported hooks. They find the plugin through `request.server`, so that a route may be declared before the plugin
 * has loaded. Without the plugin they respond 500.
 */

import type { FastifyReply, FastifyRequest } from 'fastify'
import { InvalidOption, NotRegistered } from '../errors.ts'
import { requireScopeNames } from '../lifecycle/scope-catalogue.ts'
import { NO_SCOPES, type ScopeRequirement } from '../token/scope.ts'
import { carriesBearer } from './authorization-header.ts'
import { type AnyReply, type AnyRequest, type ApiTokenHook, createHook } from './hook.ts'
import { type HostHook, runHostHook } from './host-hook.ts'
import { type HookDone, pluginOf, type RegisteredPlugin } from './registered-plugin.ts'

/**
 * Requires a valid bearer token (RFC 6750), and sets `request.apiToken`.
 *
 * @throws {FST_API_TOKENS_MISSING | MALFORMED | INVALID | STORE_UNAVAILABLE} As `docs/reference/errors.md` says.
 * @example app.get('/v1/models', { onRequest: verifyApiToken }, listModels)
 */
export const verifyApiToken: ApiTokenHook = createHook('verifyApiToken', NO_SCOPES, checkByPlugin)

/** `app.verifyApiToken`: the same hook of one plugin, also in the scope of another. */
export function verifyHookOf(plugin: RegisteredPlugin): ApiTokenHook {
  return createHook('verifyApiToken', NO_SCOPES, (request, reply, required, done) =>
    checkBy(plugin, request, reply, required, done),
  )
}

/**
 * Makes a hook that also requires all of the scopes. During boot the scopes are added to the scope catalogue of the
 * application. The challenge of a 401 or 403 names them (RFC 6750 §3).
 *
 * @throws {FST_API_TOKENS_INSUFFICIENT_SCOPE} When the token lacks one (RFC 6750 §3.1).
 * @example app.post('/v1/chat/completions', { onRequest: requireScopes('chat:write') }, chat)
 */
export function requireScopes(...scopes: string[]): ApiTokenHook {
  requireScopeNames('requireScopes', scopes)
  return createHook('requireScopes', { match: 'all', scopes }, checkByPlugin)
}

/**
 * Makes a hook that also requires at least one of the scopes. The challenge names only the first, because `scope` in a
 * challenge means required (RFC 6750 §3).
 *
 * @throws {FST_API_TOKENS_INSUFFICIENT_SCOPE} When the token has none of them.
 * @example app.get('/v1/models', { onRequest: requireAnyScope('models:read', 'models:write') }, listModels)
 */
export function requireAnyScope(...scopes: string[]): ApiTokenHook {
  requireScopeNames('requireAnyScope', scopes)
  if (scopes.length === 0) throw new InvalidOption('requireAnyScope takes at least one scope')
  return createHook('requireAnyScope', { match: 'any', scopes }, checkByPlugin)
}

/**
 * Makes a hook for a route that accepts tokens and sessions. With a bearer credential only the token decides, and it
 * needs all of the scopes: an invalid credential never falls back to a session. Without one the host's hook decides.
 *
 * @example app.get('/v1/models', { onRequest: verifyApiTokenOr(partner, 'models:read') }, listModels)
 */
export function verifyApiTokenOr<
  Request extends AnyRequest = FastifyRequest,
  Reply extends AnyReply = FastifyReply,
>(hook: HostHook<Request, Reply>, ...scopes: string[]): ApiTokenHook {
  // A hook may be undefined because its plugin has not loaded yet: fail here, where the host can see the mistake.
  if (typeof hook !== 'function') throw new InvalidOption('verifyApiTokenOr takes a hook, a function')
  requireScopeNames('verifyApiTokenOr', scopes)
  return createHook('verifyApiTokenOr', { match: 'all', scopes }, (request, reply, required, done) => {
    if (carriesBearer(request.raw)) return checkByPlugin(request, reply, required, done)
    const plugin = pluginOf(request.server)
    if (plugin === undefined) return done(new NotRegistered())
    if (plugin.isExempt(request)) return done()
    return runHostHook(hook, request, reply, (error) => {
      if (error !== undefined) plugin.clearToken(request)
      done(error)
    })
  })
}

function checkByPlugin(
  request: FastifyRequest,
  reply: FastifyReply,
  required: ScopeRequirement,
  done: HookDone,
): void {
  checkBy(pluginOf(request.server), request, reply, required, done)
}

function checkBy(
  plugin: RegisteredPlugin | undefined,
  request: FastifyRequest,
  reply: FastifyReply,
  required: ScopeRequirement,
  done: HookDone,
): void {
  if (plugin === undefined) return done(new NotRegistered())
  if (plugin.isExempt(request)) return done()
  return plugin.check(request, reply, required, done)
}
