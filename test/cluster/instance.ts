/** One process of a cluster. It makes its own load and does what the test requests. */

import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import apiTokens, { type InvalidationOptions, jwksFile, verifyApiToken } from '../../src/index.ts'
import { redisPubSub } from '../../src/invalidation/redis-pubsub.ts'
import {
  postgresPubSub,
  postgresTokenStore,
} from '../../src/store/kysely/dialects/postgres/postgres-token-store.ts'
import type { Answers, Asked, Made, Questions, Setting } from './cluster.ts'

const setting: Setting = JSON.parse(process.argv[2] ?? '')
const { connectionString, keys, keyRefreshMs, flushMs } = setting
const app = Fastify({ forceCloseConnections: true })
await app.register(apiTokens, {
  store: postgresTokenStore({ connectionString }),
  keys: typeof keys === 'string' ? jwksFile(keys) : keys,
  ...(keyRefreshMs === undefined ? {} : { keyRefresh: keyRefreshMs }),
  ...(flushMs === undefined ? {} : { usage: { flushInterval: flushMs } }),
  authenticateUser: ({ headers }) => {
    const id = headers['x-user']
    return typeof id === 'string' ? { id } : null
  },
  invalidation: invalidationBy(setting),
})
app.get('/', { onRequest: verifyApiToken }, async () => 'ok')
app.get('/stream', { onRequest: verifyApiToken }, (request, reply) => {
  const { raw } = reply.hijack()
  raw.write('begin\n')
  request.apiToken?.signal.addEventListener('abort', () => raw.end('end\n'))
})
await app.listen({ port: 0, host: '127.0.0.1' })
const { port } = app.server.address() as AddressInfo // it listens on TCP
const agent = new Agent({ keepAlive: true })

/** When the stream of a token ended, by the clock that all processes of a machine share. */
const streams = new Map<string, Promise<number>>()
const load = { served: 0, refused: 0 }

const does: { [Name in keyof Questions]: (asked: Questions[Name]) => Promise<Answers[Name]> } = {
  make: async (userIds) => {
    const made: Made[] = []
    for (const userId of userIds) {
      const { token, credential } = await app.apiTokens.issue({ userId })
      made.push({ id: token.id, userId, credential })
    }
    return made
  },
  load: async (credential) => {
    for (let n = 0; n < 2; n += 1) void serve(credential)
    return null
  },
  served: async () => ({ served: load.served, refused: load.refused }),
  watch: async (tokens) => {
    await Promise.all(tokens.map(watch))
    return null
  },
  revoke: async (tokens) => {
    const times: number[] = []
    for (const [n, { id, userId }] of tokens.entries()) {
      // Every third time it is the owner who ends.
      await (n % 3 === 2 ? app.apiTokens.deactivateUser(userId) : app.apiTokens.revoke(id))
      times.push(now())
      await sleep(2)
    }
    return times
  },
  revokeAll: async (userId) => {
    await app.apiTokens.revokeAll({ userId })
    return now()
  },
  ended: (tokens) => Promise.all(tokens.map(ended)),
  availability: async () => app.apiTokens.stats().invalidation.pubsub,
}

process.on('message', async ({ id, name, asked }: Asked) => {
  try {
    // The name and what is asked belong together: one function of the parent sends both.
    process.send?.({ id, answer: await does[name](asked as never) })
  } catch (error) {
    process.send?.({ id, error: String(error) })
  }
})
process.once('disconnect', () => process.exit())
process.send?.({ id: 0, answer: port })

function invalidationBy({ pubsub, redisUrl, channel }: Setting): InvalidationOptions {
  switch (pubsub) {
    case 'postgres':
      return { pubsub: postgresPubSub({ connectionString: redisUrl }) }
    case 'redis':
      return { pubsub: redisPubSub({ url: redisUrl, channel }) }
    case false:
      return { pubsub }
  }
}

async function serve(credential: string): Promise<void> {
  for (;;) {
    const status = await statusOf(credential)
    if (status === 200) load.served += 1
    else load.refused += 1
    await sleep(5)
  }
}

/** Opens a stream, and waits for its begin. */
async function watch({ id, credential }: Made): Promise<void> {
  const response = await request('/stream', credential, false)
  if (response.statusCode !== 200) throw new Error(`not let in: ${response.statusCode}`)
  streams.set(
    id,
    once(response, 'end').then(() => now()),
  )
  await once(response, 'data')
}

/** When the stream ended; from then on a request is refused too. */
async function ended({ id, credential }: Made): Promise<number> {
  const time = await streams.get(id)
  const status = await statusOf(credential)
  if (time === undefined || status !== 401) throw new Error(`still let in: ${status}`)
  return time
}

async function statusOf(credential: string): Promise<number | undefined> {
  const response = await request('/', credential, agent)
  response.resume()
  await once(response, 'end')
  return response.statusCode
}

async function request(path: string, credential: string, by: Agent | false): Promise<IncomingMessage> {
  const headers = { authorization: `Bearer ${credential}` }
  const [response] = await once(get({ port, path, agent: by, headers }), 'response')
  return response
}

function now(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
