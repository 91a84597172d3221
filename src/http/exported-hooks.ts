/**
 * The hooks as the package exports them: the instance is found through the request, so that a route may be
 * declared before the plugin has loaded. Without the plugin they answer 500 and let nothing through.
 */

import type { FastifyRequest } from 'fastify'
import { NotRegistered } from '../errors.ts'
import { requireScopeNames } from '../lifecycle/scope-catalogue.ts'
import type { ApiTokenHooks } from './api-token-hooks.ts'
import { type ApiTokenHook, createHook, scopesDemandedBy } from './hook.ts'

/** Hooks that demand scopes and that no route of a known instance has yet. */
const unplaced = new Set<object>()

/**
 * Lets a request pass with a verified bearer token (RFC 6750), and sets `request.apiToken`.
 *
 * @throws {FST_API_TOKENS_MISSING | MALFORMED | INVALID | STORE_UNAVAILABLE} As `docs/reference/errors.md` says.
 * @example app.get('/v1/models', { onRequest: verifyApiToken }, listModels)
 */
export const verifyApiToken: ApiTokenHook = createHook([], (request, reply, done) => {
  instanceOf(request).verifyApiToken(request, reply, done)
})

/**
 * Makes a hook that also demands scopes, all of them. What it names joins the scope catalogue.
 *
 * @throws {FST_API_TOKENS_INSUFFICIENT_SCOPE} When the token lacks one (RFC 6750 §3.1).
 * @example app.post('/v1/chat/completions', { onRequest: requireScopes('chat:write') }, chat)
 */
export function requireScopes(...scopes: string[]): ApiTokenHook {
  requireScopeNames(scopes)
  const bound = new WeakMap<object, ApiTokenHook>()
  const hook = createHook(scopes, (request, reply, done) => {
    const instance = instanceOf(request)
    const own = bound.get(instance.verifyApiToken) ?? instance.requireScopes(...scopes)
    bound.set(instance.verifyApiToken, own)
    own(request, reply, done)
  })
  unplaced.add(hook)
  return hook
}

/** Notes that a hook stands on a route that an instance knows, so that no other offers its scopes. */
export function markPlaced(hook: object): void {
  unplaced.delete(hook)
}

/** What is demanded on routes that were declared before any instance had loaded. */
export function scopesOfUnplacedHooks(): readonly string[] {
  return [...unplaced].flatMap((hook) => scopesDemandedBy(hook) ?? [])
}

function instanceOf({ server }: FastifyRequest): ApiTokenHooks {
  // Typed as always there, which is what a forgotten `register` makes untrue.
  const instance: Partial<ApiTokenHooks> = server
  if (instance.verifyApiToken === undefined) throw new NotRegistered()
  return server
}
