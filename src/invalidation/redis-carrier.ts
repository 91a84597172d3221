/** Carries news between instances by Redis: PUBLISH and SUBSCRIBE on one channel. */

import type { Redis } from 'ioredis'
import { InvalidOption } from '../errors.ts'
import { optionsOf, text } from '../option-values.ts'
import type { CarrierConnection, CarrierEvents, NewsCarrier } from '../store/news-carrier.ts'
import { type RedisPlace, redisAddress } from './redis-address.ts'

export interface RedisCarrierOptions {
  /** Where Redis is, such as `'redis://localhost:6379'` or `'rediss://user:secret@host:6380/0'`. */
  readonly url: string
  /** The channel, for all instances the same. Default `'fastify-api-tokens'`. */
  readonly channel?: string | undefined
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
 * @throws `FST_API_TOKENS_INVALID_OPTION` for what is no address of Redis, and at boot, when `ioredis` is not installed. A Redis that cannot be reached is tried again, and does not matter.
 * @example
 * await app.register(apiTokens, {
 *   authenticateUser,
 *   invalidation: { carrier: redisCarrier({ url: 'redis://localhost:6379' }) },
 * })
 */
export function redisCarrier(given: RedisCarrierOptions): NewsCarrier {
  const { url, channel = 'fastify-api-tokens' } = optionsOf('redisCarrier', given, ['url', 'channel'])
  const options = { ...redisAddress(text(url, 'redisCarrier: url')), ...CONNECTION }
  text(channel, 'redisCarrier: channel')
  return { name: 'redis', sentByStore: false, connect: (events) => connect(options, channel, events) }
}

async function connect(
  options: RedisPlace & typeof CONNECTION,
  channel: string,
  events: CarrierEvents,
): Promise<CarrierConnection> {
  const { Redis } = await loadRedis()
  // A connection that listens can do nothing else.
  const listening = new Redis(options)
  const sending = new Redis(options)
  const close = async () => {
    listening.disconnect()
    sending.disconnect()
  }
  // Why a connection could not be made is emitted; its promise says only that it is closed.
  let reason: unknown
  try {
    for (const connection of [listening, sending]) {
      connection.on('error', (error) => {
        reason = error
      })
      watch(connection, events)
    }
    listening.on('message', (_channel, message) => events.message(message))
    await Promise.all([listening.connect(), sending.connect()])
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
  return new Error(error instanceof Error ? error.message : String(error))
}

function watch(connection: Redis, events: CarrierEvents): void {
  let cause = new Error('Redis has closed the connection')
  connection.on('error', (error) => {
    cause = withoutCommand(error)
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
