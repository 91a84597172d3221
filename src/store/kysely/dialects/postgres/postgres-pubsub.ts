/** Carries news between instances by PostgreSQL's NOTIFY, which the store sends in the transaction that changes. */

import type { Client, ClientConfig } from 'pg'
import { noMore, optionsOf } from '../../../../option-values.ts'
import { withTimeout } from '../../../../with-timeout.ts'
import type { PubSub, PubSubConnection, PubSubEvents } from '../../../pubsub.ts'
import { serverAddressOf } from '../../../store-address.ts'
import { loadDriver } from '../driver.ts'
import { INVALIDATION_CHANNEL } from './postgres-traits.ts'

export interface PostgresPubSubOptions {
  /** The server itself or a pooler that keeps sessions: behind one that keeps transactions nothing is heard. */
  readonly connectionString: string
}

/** How long connecting may take, and how long saying goodbye. */
const CONNECT_TIMEOUT_MS = 2_000
const GOODBYE_MS = 500

/**
 * Makes a carrier of news by NOTIFY, for a store in the same database. `postgresTokenStore` has it already; a
 * `kyselyTokenStore` is given it, because a Kysely instance does not tell where its database is. It holds two
 * connections.
 *
 * @throws At boot, when the package `pg` is not installed. A server that cannot be reached is tried again.
 * @example
 * import { kyselyTokenStore } from 'fastify-api-tokens/kysely'
 * import type { Kysely } from 'kysely'
 *
 * declare const db: Kysely<{ users: { id: string } }>
 * const store = kyselyTokenStore({ db, dialect: 'postgres' })
 * const carrier = postgresPubSub({ connectionString: 'postgres://localhost/app' })
 * await app.register(apiTokens, { store, keys: [jwk], authenticateUser, invalidation: { carrier } })
 */
export function postgresPubSub(options: PostgresPubSubOptions, ...more: never[]): PubSub {
  noMore('postgresPubSub', more)
  const { connectionString } = optionsOf('postgresPubSub', options, ['connectionString'])
  serverAddressOf(connectionString, 'postgres', 'postgresPubSub: connectionString')
  return pubsubBy({ connectionString })
}

/** The carrier that connects as these options of `pg` say, a `ClientConfig`. */
export function pubsubBy(options: object): PubSub {
  return { name: 'notify', sentByStore: true, connect: (events) => connect(options, events) }
}

/**
 * What is sent on one connection must be heard on another, as news is. A pooler that lends a session for one
 * transaction could else return a heartbeat to its sender, and no news to anyone.
 */
async function connect(options: ClientConfig, events: PubSubEvents): Promise<PubSubConnection> {
  const { default: pg } = await loadDriver('pg', () => import('pg'))
  const [listening, sending] = [new pg.Client(configOf(options)), new pg.Client(configOf(options))]
  const close = async () => void (await Promise.all([end(listening), end(sending)]))
  for (const client of [listening, sending]) watch(client, events)
  listening.on('notification', ({ payload }) => events.message(payload ?? ''))
  try {
    await Promise.all([listening.connect(), sending.connect()])
    await listening.query(`listen ${INVALIDATION_CHANNEL}`)
  } catch (error) {
    void close()
    throw error
  }
  return {
    send: async (message) => {
      await sending.query('select pg_notify($1, $2)', [INVALIDATION_CHANNEL, message])
    },
    close,
  }
}

function configOf(options: ClientConfig): ClientConfig {
  return {
    ...options,
    // A pool hides it from copies.
    password: options.password,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  }
}

function watch(client: Client, { lost }: PubSubEvents): void {
  client.on('error', lost)
  client.on('end', () => lost(new Error('PostgreSQL has closed the connection')))
}

/** Who is silent does not answer a goodbye either. */
async function end(client: Client): Promise<void> {
  await withTimeout(client.end(), GOODBYE_MS, 'PostgreSQL').catch(() => undefined)
  client.connection.stream.destroy()
}
