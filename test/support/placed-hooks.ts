/** Every hook of the package, to be put at any position of an application. */

import Fastify, { type FastifyInstance, type FastifyServerOptions, type RouteOptions } from 'fastify'
import type { Test } from 'tap'
import apiTokens, {
  requireAnyScope,
  requireScopes,
  verifyApiToken,
  verifyApiTokenOr,
} from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { hs256Key } from './keys.ts'

/** Makes each hook for an application that the plugin is registered on. */
export const HOOKS: Readonly<Record<string, (app: FastifyInstance) => unknown>> = {
  verifyApiToken: () => verifyApiToken,
  "requireScopes('read')": () => requireScopes('read'),
  'app.verifyApiToken': (app) => app.verifyApiToken,
  "requireAnyScope('read', 'write')": () => requireAnyScope('read', 'write'),
  "verifyApiTokenOr('read')": () =>
    verifyApiTokenOr(async () => {
      throw Object.assign(new Error('sign in'), { statusCode: 401 })
    }, 'read'),
}
export interface Logged {
  readonly level: number
  readonly msg: string
  readonly hooks?: string[]
}

/** An application whose log is read. */
export function newApp(t: Test, options: FastifyServerOptions = {}) {
  const logged: Logged[] = []
  const stream = { write: (line: string) => logged.push(JSON.parse(line)) }
  const app = Fastify({ ...options, logger: { stream } })
  t.teardown(() => app.close())
  const warnings = () => logged.filter(({ level }) => level === 40)
  return { app, logged, warnings }
}

export const register = (app: FastifyInstance) =>
  app.register(apiTokens, { store: memoryTokenStore(), keys: [hs256Key()], authenticateUser: () => null })

/** Puts a hook at a position of a route or of an application: what types forbid is tried all the same. */
export function put(app: FastifyInstance, where: 'route' | 'addHook', position: string, hook: unknown): void {
  if (where === 'addHook') Reflect.apply(app.addHook, app, [position, hook])
  const options = {
    method: 'POST',
    url: '/guarded',
    handler: async ({ body }: { body: unknown }) => ({ body }),
  }
  app.route({ ...options, ...(where === 'route' ? { [position]: hook } : {}) } as RouteOptions)
}
