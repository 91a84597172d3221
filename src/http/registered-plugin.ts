/** How the exported hooks, also those of another copy of the package, find the plugin of a Fastify instance. */

import type { FastifyInstance } from 'fastify'
import type { HookCheck } from './hook-check.ts'

/** What a registered plugin offers to hooks that were made without it. */
export interface RegisteredPlugin {
  /** Verifies the request's token, and requires scopes of it. */
  readonly check: HookCheck
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
