/** How a host's TypeScript sees the plugin. Compiled against the packed package, never run. */

import Fastify, { type FastifyRequest } from 'fastify'
import apiTokens, {
  type ApiTokensOptions,
  jwksFile,
  requireAnyScope,
  requireScopes,
  type VerifiedToken,
  verifyApiToken,
  verifyApiTokenOr,
} from 'fastify-api-tokens'
import { memoryTokenStore } from 'fastify-api-tokens/memory'
import { sqliteTokenStore } from 'fastify-api-tokens/sqlite'
import type { TokenStore } from 'fastify-api-tokens/store'
import { manualClock } from 'fastify-api-tokens/testing'

const app = Fastify()

const store: TokenStore = sqliteTokenStore({ filename: 'tokens.db', migrate: false })
const options: ApiTokensOptions = {
  authenticateUser: async (request: FastifyRequest) => ({ id: request.ip, scopes: ['models:read'] }),
  findUser: (userId) => (userId === 'ada' ? { active: true } : null),
  store,
  keys: jwksFile('keys.json'),
  idleTimeout: false,
  cache: { max: 10, ttl: '60s' },
  clock: manualClock(),
}
await app.register(apiTokens, options)
await app.register(apiTokens, { routes: false, store: memoryTokenStore() })
// @ts-expect-error an unknown option
await app.register(apiTokens, { authenticateUsers: () => null })
// @ts-expect-error a wrong type
await app.register(apiTokens, { authenticateUser: () => null, maxTokensPerUser: 'many' })
// @ts-expect-error a user without an id
await app.register(apiTokens, { authenticateUser: () => ({ name: 'ada' }) })
await app.register(apiTokens, {
  ownerTypes: ['org'],
  authenticateUser: () => ({
    id: 'ada',
    owners: [{ id: 'org:7', name: 'Acme', scopes: ['a'] }, { id: 'org:8' }],
  }),
})
// @ts-expect-error an owner without an id
await app.register(apiTokens, { authenticateUser: () => ({ id: 'ada', owners: [{ name: 'Acme' }] }) })
// @ts-expect-error the id of an owner is a string
await app.register(apiTokens, { authenticateUser: () => ({ id: 'ada', owners: [{ id: 7 }] }) })

app.get(
  '/a',
  { onRequest: verifyApiToken, preHandler: requireScopes('a') },
  (request) => request.apiToken?.userId,
)
app.get<{ Params: { id: string } }>(
  '/b/:id',
  { preHandler: [app.verifyApiToken, requireScopes('b')] },
  (request) => {
    const token: VerifiedToken | null = request.apiToken
    // @ts-expect-error it may be null
    const id: string = request.apiToken.id
    // @ts-expect-error read-only
    request.apiToken = null
    return [token?.signal.aborted, id, request.params.id]
  },
)
app.get('/c', { onRequest: verifyApiTokenOr((_request, _reply, done) => done()) }, async () => 'c')
app.get(
  '/d',
  { onRequest: verifyApiTokenOr(async (request) => request.log.info('in'), 'd') },
  async () => 'd',
)
app.get('/e', { onRequest: requireAnyScope('e', 'f') }, async () => 'e')
// @ts-expect-error names such as this one are the host's
app.requireScopes('a')
app.addHook('onRequest', verifyApiToken)
app.addHook('preHandler', async (request, reply) => {
  await app.verifyApiToken(request, reply)
})

const { credential, token } = await app.apiTokens.issue({
  userId: 'ada',
  name: 'ci',
  scopes: ['a'],
  expiresIn: '60s',
})
const expiresAt: Date | null = token.expiresAt
const secret: string = credential
const { data, nextCursor } = await app.apiTokens.list({ userId: 'ada', status: 'active', sort: '-name' })
// @ts-expect-error no such order
await app.apiTokens.list({ userId: 'ada', sort: 'hint' })
await app.apiTokens.update(token.id, { name: null, status: 'inactive' }, { userId: 'ada' })
await app.apiTokens.revoke(token.id, { by: { kind: 'admin', id: 'root' }, reason: 'leaked' })
// @ts-expect-error code does not act as a token
await app.apiTokens.revoke(token.id, { by: { kind: 'token', id: token.id } })
app.apiTokens.events.on('rejected', ({ reason, tokenId }) => app.log.info({ reason, tokenId }))
// @ts-expect-error no such event
app.apiTokens.events.on('deleted', () => undefined)

export { data, expiresAt, nextCursor, secret }
