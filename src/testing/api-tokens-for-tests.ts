/** The plugin for tests of single routes: it needs no store, no keys and no sessions, and leaves no file. */

import fp from 'fastify-plugin'
import { InvalidOption } from '../errors.ts'
import type { ApiTokensOptions } from '../options.ts'
import { apiTokensPlugin } from '../plugin.ts'
import { memoryTokenStore } from '../store/memory/memory-token-store.ts'

/** The options of the plugin, without those of its store and keys. All may be left out. */
export type ApiTokensForTestsOptions = Omit<ApiTokensOptions, 'store' | 'keys' | 'keyRefresh'>

/**
 * Stands in for the plugin where routes are tested alone. It is the plugin itself with a store and a key in memory, so
 * that hooks, scopes, errors and `app.apiTokens` are the real ones. Without `authenticateUser` it has no management
 * routes. Under `NODE_ENV=production` the boot fails.
 *
 * @throws `FST_API_TOKENS_INVALID_OPTION` at boot: in production, and for an option that it does not take.
 * @example
 * await app.register(apiTokensForTests)
 * app.get('/notes', { onRequest: app.verifyApiToken }, async () => [])
 */
export const apiTokensForTests = fp<ApiTokensForTestsOptions>(
  async (fastify, options) => {
    requireNoProduction()
    for (const name of ['store', 'keys', 'keyRefresh']) {
      if (Reflect.get(options, name) !== undefined) {
        throw new InvalidOption(
          `apiTokensForTests does not take ${name}: its store and its key are in memory`,
        )
      }
    }
    const routes = options.routes ?? (options.authenticateUser === undefined ? false : undefined)
    await fastify.register(apiTokensPlugin, { ...options, routes, store: memoryTokenStore() })
  },
  // Plugins of a host that depend on the plugin are satisfied.
  { fastify: '5.x', name: 'fastify-api-tokens' },
)

function requireNoProduction(): void {
  if (process.env['NODE_ENV']?.trim().toLowerCase() !== 'production') return
  throw new InvalidOption(
    'apiTokensForTests is for tests, and NODE_ENV is production: its tokens are lost when the process ends. Register the plugin itself',
  )
}
