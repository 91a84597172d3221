/** Pub/sub by PostgreSQL's NOTIFY. The store publishes in the transaction of each change. */

import type { Client, ClientConfig } from 'pg'
import { noMore, optionsOf } from '../../../../option-values.ts'
import { withTimeout } from '../../../../with-timeout.ts'
import type { PubSub, PubSubConnection, PubSubEvents } from '../../../pubsub.ts'
import { serverAddressOf } from '../../../store-address.ts'
import { loadDriver } from '../driver.ts'
import { INVALIDATION_CHANNEL } from './postgres-traits.ts'

export interface PostgresPubSubOptions {
  /** The server, or a pooler in session mode. A pooler in transaction mode does not support LISTEN. */
  readonly connectionString: string
}

const CONNECT_TIMEOUT_MS = 2_000
const CLOSE_TIMEOUT_MS = 500

/**
 * Publishes invalidations by NOTIFY, for a store in the same database. It needs two connections. `postgresTokenStore`
 * uses it by default. `kyselyTokenStore` needs it as an option: a Kysely instance does not say where its database is.
 *
 * @throws At boot, without the package `pg`. While the server is unavailable, it reconnects in the background.
 * @example
 * import apiTokens, { jwksFile } from 'fastify-api-tokens'
 * import { kyselyTokenStore } from 'fastify-api-tokens/kysely'
 * import type { Kysely } from 'kysely'
 *
 * declare const db: Kysely<{ users: { id: string } }>
 * const store = kyselyTokenStore({ db, dialect: 'postgres' })
 * const pubsub = postgresPubSub({ connectionString: 'postgres://localhost/app' })
 * const keys = jwksFile('/run/secrets/api-tokens-keys')
 * await app.register(apiTokens, { authenticateUser, store, keys, invalidation: { pubsub } })
 */
export function postgresPubSub(options: PostgresPubSubOptions, ...more: never[]): PubSub {
  noMore('postgresPubSub', more)
  const { connectionString } = optionsOf('postgresPubSub', options, ['connectionString'])
  serverAddressOf(connectionString, 'postgres', 'postgresPubSub: connectionString')
  return pubsubBy({ connectionString })
}

/** @param options A `ClientConfig` of `pg`. */
export function pubsubBy(options: object): PubSub {
  return { name: 'postgres', publishedByStore: true, connect: (events) => connect(options, events) }
}

/**
 * Publishes and subscribes on two connections. On a single one, a pooler in transaction mode could return the heartbeats
 * to their sender although it delivers no invalidation.
 */
async function connect(options: ClientConfig, events: PubSubEvents): Promise<PubSubConnection> {
  const { default: pg } = await loadDriver('pg', () => import('pg'))
  const [subscriber, publisher] = [new pg.Client(configOf(options)), new pg.Client(configOf(options))]
  const close = async () => void (await Promise.all([end(subscriber), end(publisher)]))
  for (const client of [subscriber, publisher]) watch(client, events)
  subscriber.on('notification', ({ payload }) => events.message(payload ?? ''))
  try {
    await Promise.all([subscriber.connect(), publisher.connect()])
    await subscriber.query(`listen ${INVALIDATION_CHANNEL}`)
  } catch (error) {
    void close()
    throw error
  }
  return {
    publish: async (message) => {
      await publisher.query('select pg_notify($1, $2)', [INVALIDATION_CHANNEL, message])
    },
    close,
  }
}

function configOf(options: ClientConfig): ClientConfig {
  return {
    ...options,
    // `pg` makes the password not enumerable, so that the spread above leaves it out.
    password: options.password,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  }
}

function watch(client: Client, { lost }: PubSubEvents): void {
  client.on('error', lost)
  client.on('end', () => lost(new Error('PostgreSQL has closed the connection')))
}

/** `end` may never settle on a half-open connection, so the socket is destroyed too. */
async function end(client: Client): Promise<void> {
  await withTimeout(client.end(), CLOSE_TIMEOUT_MS, 'PostgreSQL').catch(() => undefined)
  client.connection.stream.destroy()
}
