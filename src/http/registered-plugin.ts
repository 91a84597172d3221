/** How the exported hooks, also those of another copy of the package, find the plugin of a Fastify instance. */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ScopeRequirement } from '../token/scope.ts'

/** Called once: without an argument the request passes, with an error it is refused. */
export type HookDone = (error?: Error) => void

/** Verifies the token of a request and what is required of its scopes. It throws only what `done` throws. */
export type HookCheck = (
  request: FastifyRequest,
  reply: FastifyReply,
  required: ScopeRequirement,
  done: HookDone,
) => void

/** What a registered plugin offers to hooks that were made without it. */
export interface RegisteredPlugin {
  readonly check: HookCheck
  /**
   * Whether a hook passes the request unchecked: one for a route of the plugin's own, which has checks of its own, and
   * every request in the non-authenticated mode.
   */
  isExempt(request: FastifyRequest): boolean
  /** Clears `request.apiToken`: a later check refused the request. */
  takeBack(request: FastifyRequest): void
  /** Adds what a hook of this application requires to the scope catalogue; nothing after boot. */
  addScopes(scopes: readonly string[]): void
}

const PLUGIN = Symbol.for('fastify-api-tokens.plugin')

/** Makes the plugin known to its Fastify instance and all below it. */
export function decorateWithPlugin(fastify: FastifyInstance, plugin: RegisteredPlugin): void {
  fastify.decorate(PLUGIN, plugin)
}

/** The plugin of an instance, or `undefined` where none is registered. */
export function pluginOf(fastify: object): RegisteredPlugin | undefined {
  // Only `decorateWithPlugin` puts something there, and children inherit it.
  return (fastify as { readonly [PLUGIN]?: RegisteredPlugin })[PLUGIN]
}
