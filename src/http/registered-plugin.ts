/** How the exported hooks find the plugin of a Fastify instance, also across two copies of the package. */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ScopeRequirement } from '../token/scope.ts'

/** Called once: without an argument the request continues, with an error it is refused. */
export type HookDone = (error?: Error) => void

/** Verifies the token of a request and its scopes. Its own errors go to `done`; it throws only if `done` throws. */
export type RequestCheck = (
  request: FastifyRequest,
  reply: FastifyReply,
  required: ScopeRequirement,
  done: HookDone,
) => void

/** The interface of a registered plugin to the exported hooks. */
export interface RegisteredPlugin {
  readonly check: RequestCheck
  /**
   * Whether a hook lets the request pass unchecked: a request of one of the plugin's own routes, which have their own
   * checks, and every request in the non-authenticated mode.
   */
  isExempt(request: FastifyRequest): boolean
  /** Clears `request.apiToken` because a later check refused the request. */
  clearToken(request: FastifyRequest): void
  /** Adds the scopes of a hook to the scope catalogue. After boot it does nothing. */
  addScopes(scopes: readonly string[]): void
}

const PLUGIN = Symbol.for('fastify-api-tokens.plugin')

/** Registers the plugin with its Fastify instance and all child instances. */
export function decorateWithPlugin(fastify: FastifyInstance, plugin: RegisteredPlugin): void {
  fastify.decorate(PLUGIN, plugin)
}

/** The plugin of an instance, or `undefined` where none is registered. */
export function pluginOf(fastify: object): RegisteredPlugin | undefined {
  // Only `decorateWithPlugin` sets this symbol; child instances inherit it.
  return (fastify as { readonly [PLUGIN]?: RegisteredPlugin })[PLUGIN]
}
