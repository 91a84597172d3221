/**
 * The hooks as the package exports them: the plugin is found through the request, so that a route may be declared
 * before the plugin has loaded. Without the plugin they respond 500 and let no request pass.
 */

import type { FastifyReply, FastifyRequest } from 'fastify'
import { NotRegistered } from '../errors.ts'
import { requireScopeNames } from '../lifecycle/scope-catalogue.ts'
import { type ApiTokenHook, createHook } from './hook.ts'
import type { HookDone } from './hook-check.ts'
import { pluginOf } from './registered-plugin.ts'

/**
 * Lets a request pass with a verified bearer token (RFC 6750), and sets `request.apiToken`.
 *
 * @throws {FST_API_TOKENS_MISSING | MALFORMED | INVALID | STORE_UNAVAILABLE} As `docs/reference/errors.md` says.
 * @example app.get('/v1/models', { onRequest: verifyApiToken }, listModels)
 */
export const verifyApiToken: ApiTokenHook = createHook('verifyApiToken', [], checkByPlugin)

/**
 * Makes a hook that also demands scopes, all of them. The scope catalogue of the application that uses the hook takes
 * them in while it boots.
 *
 * @throws {FST_API_TOKENS_INSUFFICIENT_SCOPE} When the token lacks one (RFC 6750 §3.1).
 * @example app.post('/v1/chat/completions', { onRequest: requireScopes('chat:write') }, chat)
 */
export function requireScopes(...scopes: string[]): ApiTokenHook {
  requireScopeNames(scopes)
  return createHook('requireScopes', scopes, checkByPlugin)
}

function checkByPlugin(
  request: FastifyRequest,
  reply: FastifyReply,
  scopes: readonly string[],
  done: HookDone,
): void {
  const plugin = pluginOf(request.server)
  if (plugin === undefined) done(new NotRegistered())
  else plugin.check(request, reply, scopes, done)
}
