/** Pub/sub by Redis: PUBLISH and SUBSCRIBE on one channel. */

import type { Cluster, Redis } from 'ioredis'
import { InvalidOption } from '../errors.ts'
import { isRecord, noMore, optionsOf, text } from '../option-values.ts'
import type { PubSub, PubSubConnection, PubSubEvents } from '../store/pubsub.ts'
import { redisAddress } from './redis-address.ts'

/** The members that are needed of a client of `ioredis`: a `Redis`, with or without Sentinel, or a `Cluster`. */
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
   * Your `Redis` or `Cluster` of `ioredis`. The plugin duplicates it twice, with its servers, credentials and TLS. The
   * client itself is neither used nor closed.
   */
  readonly client?: RedisClient | undefined
  /** The channel, the same for all instances. Default: `'fastify-api-tokens'`. */
  readonly channel?: string | undefined
}

type RedisConnection = Redis | Cluster

const CONNECT_TIMEOUT_MS = 2_000

/** `PubSubClient` reconnects, so ioredis must not. A message that cannot be sent at once is dropped. */
const CONNECTION = {
  lazyConnect: true,
  connectTimeout: CONNECT_TIMEOUT_MS,
  retryStrategy: () => null,
  autoResubscribe: false,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
} as const

/** Overrides options of the host's client. A message that is published on a replica does not reach the others. */
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
 * Publishes invalidations by Redis. Nothing is stored there. With a `url` it needs the package `ioredis`. While Redis is
 * unavailable, instances use the store's change feed alone, and the plugin reconnects in the background.
 *
 * @throws `FST_API_TOKENS_INVALID_OPTION` for a wrong address or client, and at boot without the package `ioredis`.
 * @example
 * await app.register(apiTokens, {
 *   authenticateUser,
 *   invalidation: { pubsub: redisPubSub({ url: 'redis://localhost:6379' }) },
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
    publishedByStore: false,
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
  // Only clients of ioredis have these members.
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
  // A connection that subscribes cannot publish.
  const [subscriber, publisher] = await Promise.all([makeConnection(), makeConnection()])
  const close = async () => {
    subscriber.disconnect()
    publisher.disconnect()
  }
  // ioredis emits the reason of a failure; the promise of `connect` says only that the connection is closed.
  let reason: unknown
  const opened = [subscriber, publisher].map((connection) => {
    // A Cluster that is not ready closes the connection, and its promise never settles.
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
  subscriber.on('message', (_channel: string, message: string) => events.message(message))
  // Wait for both: ioredis does not catch the error of a TLS handshake that is cut off.
  const outcomes = await Promise.allSettled(opened)
  try {
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
    await subscriber.subscribe(channel)
  } catch (error) {
    await close()
    throw withoutCommand(reason ?? error)
  }
  const publish = async (message: string) => {
    try {
      await publisher.publish(channel, message)
    } catch (error) {
      throw withoutCommand(error)
    }
  }
  return { publish, close }
}

/** Errors of ioredis contain the command that failed, and AUTH contains the password. */
function withoutCommand(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error))
  // Of a Cluster: the error of the server that was tried last.
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
