/** Code of hosts that depends on the versions of TypeScript and `@types/node`. Compiled against the packed package. */

import { createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import type { Http2SecureServer } from 'node:http2'
import Fastify, { type FastifyRequest, type RouteGenericInterface } from 'fastify'
import apiTokens, {
  type ApiTokensOptions,
  requireScopes,
  type SigningJwk,
  verifyApiToken,
  verifyApiTokenOr,
} from 'fastify-api-tokens'
import { kyselyTokenStore } from 'fastify-api-tokens/kysely'
import { memoryTokenStore } from 'fastify-api-tokens/memory'
import { mysqlTokenStore } from 'fastify-api-tokens/mysql'
import {
  type PostgresTokenStoreOptions,
  postgresPubSub,
  postgresTokenStore,
} from 'fastify-api-tokens/postgres'
import { redisPubSub } from 'fastify-api-tokens/redis'
import { sqliteTokenStore } from 'fastify-api-tokens/sqlite'
import { actingAs, apiTokensForTests } from 'fastify-api-tokens/testing'
import apiTokensPage, { type ApiTokensPageOptions } from 'fastify-api-tokens/ui'

const written: SigningJwk = { kty: 'oct', kid: 'a', k: 'secret' }
const secret: string | undefined = written.k
const generated: SigningJwk = {
  ...createSecretKey(randomBytes(32)).export({ format: 'jwk' }),
  kty: 'oct',
  kid: 'b',
}
const clientKey = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })

/** Hosts build options from settings that may be absent. */
function settingOf<Setting>(): Setting | undefined {
  return undefined
}

type Absent<Options> = { [Name in keyof Required<Options>]: Required<Options>[Name] | undefined }

const absent: ApiTokensOptions = settingOf<never>() ?? ({} as Absent<ApiTokensOptions>)
const absentMembers: ApiTokensOptions = {
  keys: settingOf<SigningJwk[]>(),
  cache: { max: settingOf<number>(), ttl: settingOf<string>() },
  usage: {
    flushInterval: settingOf<string>(),
    dailyRetention: settingOf<string>(),
    lastClient: settingOf<boolean>(),
  },
  routes: { prefix: settingOf<string>() },
  openapi: { tag: settingOf<string>(), security: settingOf<{ cookie: string[] }[]>() },
  expiry: { default: settingOf<string>(), min: settingOf<string>(), max: settingOf<string>() },
  invalidation: { maxStaleness: settingOf<string>(), pubsub: settingOf<false>() },
  oauth: { clients: [{ client_id: 'c', client_name: settingOf<string>(), jwks: { keys: [clientKey] } }] },
}
const absentOnPage: ApiTokensPageOptions = {} as Absent<ApiTokensPageOptions>

export const stores = [
  memoryTokenStore(),
  sqliteTokenStore({ filename: 'a.db', timeout: settingOf<number>(), migrate: settingOf<boolean>() }),
]
export const others = [kyselyTokenStore, mysqlTokenStore, postgresPubSub]
// Neither the types of pg nor of ioredis are installed.
export const onPostgres = (options: PostgresTokenStoreOptions) => postgresTokenStore(options)
redisPubSub({ url: 'redis://localhost', channel: settingOf<string>() })
redisPubSub({
  client: { isCluster: false, status: 'wait', duplicate: () => null },
  url: settingOf<string>(),
})

const app = Fastify({ http2: true, https: { key: '', cert: '' } })
await app.register(apiTokens, {
  keys: [generated, written],
  authenticateUser: (request) => ({ id: request.ip }),
})
await app.register(apiTokens.default, absent)
await app.register(apiTokens, absentMembers)
await app.register(apiTokensPage, absentOnPage)
await app.register(apiTokensForTests)
export const headers = await actingAs(app, { userId: 'ada', scopes: ['b'] })
app.addHook('onRequest', verifyApiToken)
app.addHook('preParsing', verifyApiToken)
app.addHook('preHandler', async (request, reply) => {
  await app.verifyApiToken(request, reply)
})
app.get(
  '/a',
  { onRequest: verifyApiToken, preHandler: [app.verifyApiToken, requireScopes('b')] },
  (request) => request.apiToken?.userId,
)
const session = async (request: FastifyRequest<RouteGenericInterface, Http2SecureServer>) =>
  request.log.info('in')
app.get('/b', { onRequest: verifyApiTokenOr(session, 'b') }, () => 'b')
app.get('/c', { onRequest: verifyApiTokenOr(async (request) => request.log.info('in')) }, () => 'c')
// @ts-expect-error no hook
verifyApiTokenOr((request: string) => request)
app.apiTokens.events.on('rejected', ({ reason, tokenId }) => app.log.info({ reason, tokenId, secret }))
