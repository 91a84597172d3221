/** A host as small as tests can use: the user comes from a header, the keys and the clock from the test. */

import Fastify, { type FastifyInstance, type InjectOptions } from 'fastify'
import type { Test } from 'tap'
import apiTokens, { type ApiTokensOptions, requireScopes, verifyApiToken } from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { type ManualClock, manualClock } from '../../src/testing/index.ts'
import { hs256Key } from './keys.ts'

export interface Host {
  readonly app: FastifyInstance
  readonly clock: ManualClock
}

/** 2026-01-01T00:00:00Z: where a test's clock begins. */
export const START = Date.UTC(2026, 0, 1)

/**
 * Builds a host on the memory store, unless the options say otherwise, that is closed when the test ends. It has
 * `GET /open`, `GET /protected` (verifyApiToken), `GET /models` (models:read) and `POST /chat` (chat:write), and what
 * `addRoutes` adds. `log` gets its log, line by line.
 */
export async function startHost(
  t: Test,
  options: ApiTokensOptions = {},
  addRoutes: (app: FastifyInstance) => void = () => undefined,
  log?: (line: string) => void,
): Promise<Host> {
  const clock = manualClock(START)
  const app = Fastify(log === undefined ? {} : { logger: { stream: { write: log } } })
  t.teardown(() => app.close())
  await app.register(apiTokens, {
    store: memoryTokenStore(),
    keys: [hs256Key()],
    clock,
    authenticateUser: ({ headers }) => {
      const id = headers['x-user']
      const scopes = headers['x-user-scopes']
      if (typeof id !== 'string') return null
      return typeof scopes === 'string' ? { id, scopes: scopes.split(' ') } : { id }
    },
    ...options,
  })
  app.get('/open', async () => ({ ok: true }))
  app.get('/protected', { onRequest: verifyApiToken }, async ({ apiToken }) => ({
    tokenId: apiToken?.id ?? null,
    userId: apiToken?.userId ?? null,
    scopes: apiToken?.scopes ?? null,
  }))
  app.get('/models', { preHandler: requireScopes('models:read') }, async () => ({ ok: true }))
  app.post('/chat', { preHandler: requireScopes('chat:write') }, async () => ({ ok: true }))
  addRoutes(app)
  await app.ready()
  return { app, clock }
}

/** A signed-in user's request. */
export function as(user: string, request: InjectOptions): InjectOptions {
  return { ...request, headers: { ...request.headers, 'x-user': user } }
}

/** A request with a bearer credential. */
export function withToken(credential: string, url = '/protected'): InjectOptions {
  return { url, headers: { authorization: `Bearer ${credential}` } }
}

/** The status of the response to a request with the credential. */
export async function statusOf(app: FastifyInstance, credential: string): Promise<number> {
  return (await app.inject(withToken(credential))).statusCode
}

/** Issues a token through the route and returns its body: the token object with `token`, the credential. */
export async function issue(
  app: FastifyInstance,
  user: string,
  payload: Record<string, unknown> = {},
): Promise<{ id: string; token: string; [member: string]: unknown }> {
  const response = await app.inject(as(user, { method: 'POST', url: '/tokens', payload }))
  if (response.statusCode !== 201) throw new Error(`not issued: ${response.body}`)
  return response.json()
}
