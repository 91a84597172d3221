/** The scopes that requests used, over flushes, restarts and instances. */

import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { requireScopes } from '../../src/index.ts'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import { as, startHost, withToken } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'

const HELD_BACK = { usage: { flushInterval: '1d' } }

const addRoutes = (app: FastifyInstance) => {
  app.get(
    '/chats',
    { onRequest: app.verifyApiToken, preHandler: requireScopes('chat:write') },
    async () => null,
  )
  app.get('/files', { onRequest: requireScopes('models:read', 'files:read') }, async () => null)
}

t.test('a scope counts as used when a request that requires it has passed', async (t) => {
  const { app } = await startHost(t, HELD_BACK, addRoutes)
  const granted = ['chat:write', 'models:read']
  const { id, token } = await issueAs(app, granted)
  t.same(await scopesUsed(app, id), [])
  t.equal(await call(app, '/protected', token), 200)
  t.same(await scopesUsed(app, id), [], 'a route that requires no scope uses none')
  t.equal(await call(app, '/files', token), 403)
  t.same(await scopesUsed(app, id), [], 'a refused request uses no scope')
  t.equal(await call(app, '/models', token), 200)
  t.same(await scopesUsed(app, id), ['models:read'])
  t.equal(await call(app, '/chats', token), 200)
  t.same(await scopesUsed(app, id), granted, 'in the order of the token')
  t.same((await app.apiTokens.usage(id)).scopes, granted)
  const { token: successor } = await app.apiTokens.rotate(id)
  t.same(await scopesUsed(app, successor.id), [], 'a successor starts without used scopes')
})

t.test('used scopes are written with the uses of every instance and survive a restart', async (t) => {
  const filename = join(t.testdir(), 'tokens.db')
  const keys = [hs256Key()]
  const open = async () => {
    const store = sqliteTokenStore({ filename })
    return (await startHost(t, { keys, store, ...HELD_BACK }, addRoutes)).app
  }
  const [first, second] = [await open(), await open()]
  const { id, token } = await issueAs(first, ['models:read', 'chat:write', 'files:read'])
  await call(first, '/models', token)
  await call(second, '/chats', token)
  t.same(await scopesUsed(first, id), ['models:read'])
  t.same(await scopesUsed(second, id), ['chat:write'])
  await first.apiTokens.flush()
  t.same(await scopesUsed(second, id), ['models:read', 'chat:write'])
  await second.close()
  await first.close()
  t.same(await scopesUsed(await open(), id), ['models:read', 'chat:write'])
})

async function issueAs(app: FastifyInstance, scopes: string[]): Promise<{ id: string; token: string }> {
  return (await app.inject(as('ada', { method: 'POST', url: '/tokens', payload: { scopes } }))).json()
}

async function call(app: FastifyInstance, url: string, token: string): Promise<number> {
  return (await app.inject({ ...withToken(token), url })).statusCode
}

async function scopesUsed(app: FastifyInstance, id: string): Promise<string[]> {
  return (await app.inject(as('ada', { url: `/tokens/${id}/usage` }))).json().scopes
}
