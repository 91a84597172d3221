/** Keeps tokens in PostgreSQL, over the package `pg`: for hosts of many instances. */

import { Kysely, PostgresDialect } from 'kysely'
import { InvalidOption } from '../../../../errors.ts'
import { count, flag, noMore, optionsOf, requireMethod } from '../../../../option-values.ts'
import { serverAddressOf, withoutSecrets } from '../../../store-address.ts'
import type { TokenStore } from '../../../token-store.ts'
import { KyselyTokenStore } from '../../kysely-token-store.ts'
import { migrateCommandFor } from '../../migrations/migrate-command-line.ts'
import { Migrator } from '../../migrations/migrator.ts'
import type { ApiTokenDatabase } from '../../tables/database.ts'
import { loadDriver } from '../driver.ts'
import { DEFAULT_TIMEOUT_MS } from '../with-timeout.ts'
import { listenToErrorsOf } from './error-listeners.ts'
import { type PgPool, postgresPool } from './postgres-pool.ts'
import { postgresPubSub, pubsubBy } from './postgres-pubsub.ts'
import { connectionCheck } from './postgres-session.ts'
import { postgresTraits } from './postgres-traits.ts'
import { PreparedStatements } from './prepared-statements.ts'

export type { PgPool } from './postgres-pool.ts'
export { type PostgresPubSubOptions, postgresPubSub } from './postgres-pubsub.ts'

interface CommonOptions {
  /** Whether the schema is brought up to date at start. Default `false`. */
  readonly migrate?: boolean | undefined
  /**
   * Whether each connection prepares the statement of a cold verification once, by name. Default `true`; `false`
   * behind a pooler that gives a connection for one transaction and knows no prepared statements.
   */
  readonly prepare?: boolean | undefined
  /**
   * How many milliseconds one statement, or one transaction, may take, the wait for its connection included. Default
   * 5,000.
   */
  readonly timeout?: number | undefined
}

/** Where the database is, or the host's own pool, which the store does not end. */
export type PostgresTokenStoreOptions = CommonOptions &
  (
    | { readonly connectionString: string; readonly pool?: never }
    | { readonly pool: PgPool; readonly connectionString?: never }
  )

const MAX_CONNECTIONS = 10

/**
 * Makes a store in PostgreSQL. It connects at boot, not here.
 *
 * @throws `FST_API_TOKENS_INVALID_OPTION` for a `connectionString` that is no address of PostgreSQL.
 *   At boot, when the package `pg` is not installed, the database cannot be reached, or its schema is not this
 *   version's.
 * @example await app.register(apiTokens, { store: postgresTokenStore({ connectionString: 'postgres://localhost/app' }), keys: [jwk], authenticateUser })
 */
export function postgresTokenStore(given: PostgresTokenStoreOptions, ...more: never[]): TokenStore {
  noMore('postgresTokenStore', more)
  const options = readOptions(given)
  const { migrate = false, prepare = true, timeout = DEFAULT_TIMEOUT_MS } = options
  const { pool, end } =
    options.pool === undefined ? ownPool(options.connectionString, timeout) : of(options.pool)
  const prepared = new PreparedStatements()
  const parts = { pool, check: connectionCheck(), prepared, end: nothing }
  const connect = (timeoutMs: number | null) => {
    const dialect = new PostgresDialect({ pool: () => postgresPool({ ...parts, timeoutMs }) })
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

/** On connections of its own, made as the pool makes its own; a pool that does not tell how has the feed alone. */
function pubsubOf({ connectionString, pool }: PostgresTokenStoreOptions) {
  if (connectionString !== undefined) return postgresPubSub({ connectionString })
  return pool?.options === undefined ? undefined : pubsubBy(pool.options)
}

async function nothing(): Promise<void> {}

function of(pool: PgPool) {
  listenToErrorsOf(pool)
  return { pool: async () => pool, end: nothing }
}

/** A pool that is made when the first statement needs it. */
function ownPool(connectionString: string, timeout: number) {
  let made: Promise<PgPool & { end(): Promise<void> }> | undefined
  const pool = async () => {
    const { default: pg } = await loadDriver('pg', () => import('pg'))
    return new pg.Pool({
      connectionString,
      max: MAX_CONNECTIONS,
      connectionTimeoutMillis: timeout,
      keepAlive: true,
    })
  }
  return {
    pool: () => {
      made ??= pool()
      return made
    },
    end: async () => {
      const ended = made
      // A store that is opened again makes another pool.
      made = undefined
      await (await ended)?.end()
    },
  }
}

/** @throws {InvalidOption} That names the wrong option; it never quotes an address, which may hold a password. */
function readOptions(given: PostgresTokenStoreOptions): PostgresTokenStoreOptions {
  const options = optionsOf('postgresTokenStore', given, [
    'connectionString',
    'pool',
    'migrate',
    'prepare',
    'timeout',
  ])
  const { connectionString, pool, migrate = false, timeout = DEFAULT_TIMEOUT_MS } = options
  if ((connectionString === undefined) === (pool === undefined)) {
    throw new InvalidOption('postgresTokenStore needs a connectionString or a pool, one of the two')
  }
  if (connectionString !== undefined)
    serverAddressOf(connectionString, 'postgres', 'postgresTokenStore: connectionString')
  else requireMethod(pool, 'connect', 'postgresTokenStore: pool must be a Pool of pg')
  flag(migrate, 'postgresTokenStore: migrate')
  if (options.prepare !== undefined) flag(options.prepare, 'postgresTokenStore: prepare')
  count(timeout, 'postgresTokenStore: timeout')
  return options
}
