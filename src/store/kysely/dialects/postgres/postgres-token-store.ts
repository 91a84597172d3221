/** The store for PostgreSQL, on the package `pg`. Several instances can share it. */

import { Kysely, PostgresDialect } from 'kysely'
import { flag, noMore, requireMethod } from '../../../../option-values.ts'
import { serverAddressOf, withoutSecrets } from '../../../store-address.ts'
import type { TokenStore } from '../../../token-store.ts'
import { KyselyTokenStore } from '../../kysely-token-store.ts'
import { migrateCommandFor } from '../../migrations/migrate-command-line.ts'
import { Migrator } from '../../migrations/migrator.ts'
import type { ApiTokenDatabase } from '../../tables/database.ts'
import { loadDriver } from '../driver.ts'
import { hostPool, lazyPool } from '../lazy-pool.ts'
import { type AddressOrPool, readServerOptions, type ServerOptions } from '../server-options.ts'
import { listenToErrorsOf } from './error-listeners.ts'
import { type PgPool, postgresPool } from './postgres-pool.ts'
import { postgresPubSub, pubsubBy } from './postgres-pubsub.ts'
import { connectionCheck } from './postgres-session.ts'
import { postgresTraits } from './postgres-traits.ts'
import { PreparedStatements } from './prepared-statements.ts'

export type { PgPool } from './postgres-pool.ts'
export { type PostgresPubSubOptions, postgresPubSub } from './postgres-pubsub.ts'

interface PrepareOption {
  /**
   * Whether each connection prepares the statement of a cold verification. Default: `true`. Use `false` behind a pooler
   * in transaction mode that does not support prepared statements.
   */
  readonly prepare?: boolean | undefined
}

/** The address of the database, or the host's own pool, which the store does not end. */
export type PostgresTokenStoreOptions = ServerOptions & PrepareOption & AddressOrPool<PgPool>

const KNOWN = ['connectionString', 'pool', 'migrate', 'prepare', 'timeout'] as const
const MAX_CONNECTIONS = 10

/**
 * Makes a store in PostgreSQL. It connects at boot.
 *
 * @throws `FST_API_TOKENS_INVALID_OPTION` for a wrong `connectionString`. At boot: without the package `pg`, when the
 *   database is unavailable, or for a schema that is not up to date.
 * @example
 * import apiTokens, { jwksFile } from 'fastify-api-tokens'
 *
 * const store = postgresTokenStore({ connectionString: 'postgres://localhost/app' })
 * await app.register(apiTokens, { authenticateUser, store, keys: jwksFile('/run/secrets/api-tokens-keys') })
 */
export function postgresTokenStore(given: PostgresTokenStoreOptions, ...more: never[]): TokenStore {
  noMore('postgresTokenStore', more)
  const options = readOptions(given)
  const { migrate, prepare = true, timeout } = options
  const { pool, end } =
    options.pool === undefined ? ownPool(options.connectionString, timeout) : poolOfHost(options.pool)
  const prepared = new PreparedStatements()
  const deps = { pool, check: connectionCheck(), prepared, end: async () => undefined }
  const connect = (timeoutMs: number | null) => {
    const dialect = new PostgresDialect({ pool: () => postgresPool({ ...deps, timeoutMs }) })
    return { db: new Kysely<ApiTokenDatabase>({ dialect }), traits: postgresTraits }
  }
  const address = options.pool === undefined ? withoutSecrets(options.connectionString) : 'postgres://…'
  return new KyselyTokenStore({
    storeDb: connect(timeout),
    migrator: new Migrator(connect(null), { command: migrateCommandFor(address) }),
    shared: true,
    migrate,
    pubsub: pubsubOf(options),
    close: end,
    onFindToken: (sql) => {
      if (prepare) prepared.add(sql)
    },
  })
}

/** The pub/sub uses connections of its own, with the options of the pool. Without options there is no pub/sub. */
function pubsubOf({ connectionString, pool }: PostgresTokenStoreOptions) {
  if (connectionString !== undefined) return postgresPubSub({ connectionString })
  return pool?.options === undefined ? undefined : pubsubBy(pool.options)
}

function poolOfHost(pool: PgPool) {
  // An idle connection may fail before the first statement.
  listenToErrorsOf(pool)
  return hostPool(pool)
}

function ownPool(connectionString: string, timeout: number) {
  const open = async () => {
    const { default: pg } = await loadDriver('pg', () => import('pg'))
    return new pg.Pool({
      connectionString,
      max: MAX_CONNECTIONS,
      connectionTimeoutMillis: timeout,
      keepAlive: true,
    })
  }
  return lazyPool(open, (pool) => pool.end())
}

/** @throws {InvalidOption} Names the wrong option. It never quotes an address, which may contain a password. */
function readOptions(given: PostgresTokenStoreOptions) {
  const options = readServerOptions('postgresTokenStore', given, KNOWN)
  const { connectionString, pool, prepare } = options
  if (pool === undefined)
    serverAddressOf(connectionString, 'postgres', 'postgresTokenStore: connectionString')
  else requireMethod(pool, 'connect', 'postgresTokenStore: pool must be a Pool of pg')
  if (prepare !== undefined) flag(prepare, 'postgresTokenStore: prepare')
  return options
}
