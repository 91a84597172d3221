/** Carries news between instances by Redis: PUBLISH and SUBSCRIBE on one channel. */

import type { Redis } from 'ioredis'
import { InvalidOption } from '../errors.ts'
import { optionsOf, text } from '../option-values.ts'
import type { CarrierConnection, CarrierEvents, NewsCarrier } from '../store/news-carrier.ts'

export interface RedisCarrierOptions {
  /** Where Redis is, such as `'redis://localhost:6379'` or `'rediss://user:secret@host:6380/0'`. */
  readonly url: string
  /** The channel, for all instances the same. Default `'fastify-api-tokens'`. */
  readonly channel?: string
}

/** The plugin connects again by itself, and what cannot be sent at once is not worth sending later. */
const CONNECTION = {
  lazyConnect: true,
  connectTimeout: 2_000,
  retryStrategy: () => null,
  autoResubscribe: false,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
} as const

/**
 * Makes a carrier of news by Redis. Nothing is stored there. It needs the package `ioredis`.
 *
 * @throws At boot, when `ioredis` is not installed. A Redis that cannot be reached is tried again, and does not matter.
 * @example
 * await app.register(apiTokens, {
 *   authenticateUser,
 *   invalidation: { carrier: redisCarrier({ url: 'redis://localhost:6379' }) },
 * })
 */
export function redisCarrier(options: RedisCarrierOptions): NewsCarrier {
  const { url, channel = 'fastify-api-tokens' } = optionsOf('redisCarrier', options, ['url', 'channel'])
  text(url, 'redisCarrier: url')
  text(channel, 'redisCarrier: channel')
  return { name: 'redis', sentByStore: false, connect: (events) => connect(url, channel, events) }
}

async function connect(url: string, channel: string, events: CarrierEvents): Promise<CarrierConnection> {
  const { Redis } = await loadRedis()
  // A connection that listens can do nothing else.
  const listening = new Redis(url, CONNECTION)
  const sending = new Redis(url, CONNECTION)
  const close = async () => {
    listening.disconnect()
    sending.disconnect()
  }
  try {
    for (const connection of [listening, sending]) watch(connection, events)
    listening.on('message', (_channel, message) => events.message(message))
    await Promise.all([listening.connect(), sending.connect()])
    await listening.subscribe(channel)
  } catch (error) {
    await close()
    throw error
  }
  return { send: async (message) => void (await sending.publish(channel, message)), close }
}

function watch(connection: Redis, events: CarrierEvents): void {
  let cause = new Error('Redis has closed the connection')
  connection.on('error', (error) => {
    cause = error
  })
  connection.on('close', () => events.lost(cause))
}

async function loadRedis() {
  try {
    return await import('ioredis')
  } catch (cause) {
    throw new InvalidOption('redisCarrier needs the package ioredis: npm install ioredis', { cause })
  }
}
