/** Carries news between instances by Redis: PUBLISH and SUBSCRIBE on one channel. */

import type { Cluster, Redis } from 'ioredis'
import { InvalidOption } from '../errors.ts'
import { isRecord, noMore, optionsOf, text } from '../option-values.ts'
import type { PubSub, PubSubConnection, PubSubEvents } from '../store/pubsub.ts'
import { redisAddress } from './redis-address.ts'

/** What is used of a client of `ioredis`: a `Redis`, also one that finds its server by Sentinel, or a `Cluster`. */
export interface RedisClient {
  readonly isCluster: boolean
  readonly status: string
  duplicate(): unknown
}

/** Exactly one of `url` and `client`. */
export interface RedisPubSubOptions {
  /** Where Redis is, such as `'redis://localhost:6379'` or `'rediss://user:secret@host:6380/0'`. */
  readonly url?: string | undefined
  /**
   * A client of yours, a `Redis` or `Cluster` of `ioredis`. Its servers, credentials, TLS and so on are used for two
   * connections of the carrier's own. The client itself is neither used nor closed.
   */
  readonly client?: RedisClient | undefined
  /** The channel, for all instances the same. Default `'fastify-api-tokens'`. */
  readonly channel?: string | undefined
}

type RedisConnection = Redis | Cluster

const CONNECT_TIMEOUT_MS = 2_000

/** The plugin connects again by itself, and what cannot be sent at once is not worth sending later. */
const CONNECTION = {
  lazyConnect: true,
  connectTimeout: CONNECT_TIMEOUT_MS,
  retryStrategy: () => null,
  autoResubscribe: false,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
} as const

/** What the options of a client of the host may not change. A replica does not pass on what is published there. */
const DUPLICATE = {
  ...CONNECTION,
  sentinelRetryStrategy: () => null,
  role: 'master',
  monitor: false,
} as const

const CLUSTER = {
  lazyConnect: true,
  clusterRetryStrategy: () => null,
  slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
  enableOfflineQueue: false,
  redisOptions: { connectTimeout: CONNECT_TIMEOUT_MS, maxRetriesPerRequest: 0 },
} as const

/**
 * Makes a carrier of news by Redis. Nothing is stored there. With a `url` it needs the package `ioredis`.
 *
 * @throws `FST_API_TOKENS_INVALID_OPTION` for a wrong address or client, and at boot, when `ioredis` is not installed. A Redis that cannot be reached is tried again, and does not matter.
 * @example
 * await app.register(apiTokens, {
 *   authenticateUser,
 *   invalidation: { carrier: redisPubSub({ url: 'redis://localhost:6379' }) },
 * })
 */
export function redisPubSub(given: RedisPubSubOptions, ...more: never[]): PubSub {
  noMore('redisPubSub', more)
  const {
    url,
    client,
    channel = 'fastify-api-tokens',
  } = optionsOf('redisPubSub', given, ['url', 'client', 'channel'])
  text(channel, 'redisPubSub: channel')
  if ((url === undefined) === (client === undefined)) {
    throw new InvalidOption('redisPubSub: exactly one of url and client must be given')
  }
  const makeConnection = url === undefined ? fromClient(client) : fromAddress(url)
  return {
    name: 'redis',
    sentByStore: false,
    connect: (events) => connect(makeConnection, channel, events),
  }
}

function fromAddress(url: unknown): () => Promise<RedisConnection> {
  const options = { ...redisAddress(text(url, 'redisPubSub: url')), ...CONNECTION }
  return async () => {
    const { Redis } = await loadRedis()
    return new Redis(options)
  }
}

function fromClient(client: unknown): () => Promise<RedisConnection> {
  if (!isClient(client)) {
    throw new InvalidOption('redisPubSub: client must be a Redis or Cluster of ioredis')
  }
  // No other package has a client with these members.
  const own = client as unknown as RedisConnection
  return async () => (isCluster(own) ? own.duplicate([], CLUSTER) : own.duplicate(DUPLICATE))
}

function isClient(client: unknown): client is RedisClient {
  return (
    isRecord(client) &&
    typeof client['isCluster'] === 'boolean' &&
    typeof client['status'] === 'string' &&
    typeof client['duplicate'] === 'function'
  )
}

function isCluster(client: RedisConnection): client is Cluster {
  return client.isCluster
}

async function connect(
  makeConnection: () => Promise<RedisConnection>,
  channel: string,
  events: PubSubEvents,
): Promise<PubSubConnection> {
  // A connection that listens can do nothing else.
  const [listening, sending] = await Promise.all([makeConnection(), makeConnection()])
  const close = async () => {
    listening.disconnect()
    sending.disconnect()
  }
  // Why a connection could not be made is emitted; its promise says only that it is closed.
  let reason: unknown
  const opened = [listening, sending].map((connection) => {
    // A Cluster that is not ready closes the connection, and never settles its promise.
    const closed = Promise.withResolvers<never>()
    connection.on('error', (error: unknown) => {
      reason = error
    })
    connection.on('close', () => {
      closed.reject(new Error('Redis has closed the connection'))
      events.lost(withoutCommand(reason ?? 'Redis has closed the connection'))
    })
    return Promise.race([connection.connect(), closed.promise])
  })
  listening.on('message', (_channel: string, message: string) => events.message(message))
  // Both: the end of a TLS handshake that is cut off is an error that ioredis does not catch.
  const outcomes = await Promise.allSettled(opened)
  try {
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
    await listening.subscribe(channel)
  } catch (error) {
    await close()
    throw withoutCommand(reason ?? error)
  }
  const send = async (message: string) => {
    try {
      await sending.publish(channel, message)
    } catch (error) {
      throw withoutCommand(error)
    }
  }
  return { send, close }
}

/** An error of ioredis has the command that failed, and AUTH has the password. */
function withoutCommand(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error))
  // Of a Cluster: why the last of its servers could not be asked.
  const cause =
    'lastNodeError' in error && error.lastNodeError instanceof Error ? error.lastNodeError : undefined
  return new Error(cause === undefined ? error.message : `${error.message} ${cause.message}`)
}

async function loadRedis() {
  try {
    return await import('ioredis')
  } catch (cause) {
    throw new InvalidOption('redisPubSub needs the package ioredis: npm install ioredis', { cause })
  }
}
