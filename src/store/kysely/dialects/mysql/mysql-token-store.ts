/** The store for MySQL 8 and MariaDB, on the package `mysql2`. Several instances can share it. */

import { Kysely, MysqlDialect } from 'kysely'
import { InvalidOption } from '../../../../errors.ts'
import { count, flag, noMore, optionsOf } from '../../../../option-values.ts'
import { serverAddressOf, withoutSecrets } from '../../../store-address.ts'
import type { TokenStore } from '../../../token-store.ts'
import { KyselyTokenStore } from '../../kysely-token-store.ts'
import { migrateCommandFor } from '../../migrations/migrate-command-line.ts'
import { Migrator } from '../../migrations/migrator.ts'
import type { ApiTokenDatabase } from '../../tables/database.ts'
import { DEFAULT_TIMEOUT_MS } from '../time-limit.ts'
import { corePool, type MysqlPool, mysqlPool } from './mysql-pool.ts'
import { mysqlTraits } from './mysql-traits.ts'
import { openOwnPool } from './own-pool.ts'

export type { MysqlPool } from './mysql-pool.ts'

interface CommonOptions {
  /** Whether the store migrates its tables at start. Default: `false`. */
  readonly migrate?: boolean | undefined
  /**
   * Maximum time of a statement or transaction in milliseconds, including the wait for a connection. Default: 5,000.
   */
  readonly timeout?: number | undefined
}

/** The address of the database, or the host's own pool, which the store does not end. */
export type MysqlTokenStoreOptions = CommonOptions &
  (
    | { readonly connectionString: string; readonly pool?: never }
    | { readonly pool: MysqlPool; readonly connectionString?: never }
  )

const MAX_CONNECTIONS = 10

/**
 * Makes a store in MySQL 8 or MariaDB. It connects at boot.
 *
 * @throws `FST_API_TOKENS_INVALID_OPTION` without a valid address or pool. At boot: without the package `mysql2`, when the
 *   database is unavailable, for a wrong session setting, or for a schema that is not up to date.
 * @example await app.register(apiTokens, { store: mysqlTokenStore({ connectionString: 'mysql://root@localhost/app' }), keys: [jwk], authenticateUser })
 */
export function mysqlTokenStore(given: MysqlTokenStoreOptions, ...more: never[]): TokenStore {
  noMore('mysqlTokenStore', more)
  const options = readOptions(given)
  const { migrate = false, timeout = DEFAULT_TIMEOUT_MS } = options
  const { pool, end, address } =
    options.pool === undefined ? ownPool(options.connectionString, timeout) : of(options.pool)
  const prepared = new Set<string>()
  const connect = (timeoutMs: number | null) => {
    const dialect = new MysqlDialect({
      pool: mysqlPool({ pool, prepared, timeoutMs, isShared: options.pool !== undefined }),
    })
    return { db: new Kysely<ApiTokenDatabase>({ dialect }), traits: mysqlTraits }
  }
  return new KyselyTokenStore({
    storeDb: connect(timeout),
    migrator: new Migrator(connect(null), { command: migrateCommandFor(address) }),
    shared: true,
    migrate,
    close: end,
    onFindToken: (sql) => prepared.add(sql),
  })
}

function of(given: MysqlPool) {
  const pool = corePool(given)
  return { pool: async () => pool, end: async () => undefined, address: 'mysql://…' }
}

/** A pool that is made with the first statement. */
function ownPool(connectionString: string, connectTimeout: number) {
  const address = serverAddressOf(connectionString, 'mysql', 'mysqlTokenStore: connectionString')
  let made: ReturnType<typeof openOwnPool> | undefined
  return {
    pool: () => {
      made ??= openOwnPool(address, { connectionLimit: MAX_CONNECTIONS, connectTimeout })
      return made
    },
    end: async () => {
      const last = made
      made = undefined
      // A lost connection, or a pool that could not be made, needs no orderly end.
      await last?.then((pool) => pool.promise().end()).catch(() => undefined)
    },
    address: withoutSecrets(connectionString),
  }
}

/** @throws {InvalidOption} Names the wrong option. It never quotes an address, which may contain a password. */
function readOptions(given: MysqlTokenStoreOptions): MysqlTokenStoreOptions {
  const options = optionsOf('mysqlTokenStore', given, ['connectionString', 'pool', 'migrate', 'timeout'])
  const { connectionString, pool, migrate = false, timeout = DEFAULT_TIMEOUT_MS } = options
  if ((connectionString === undefined) === (pool === undefined)) {
    throw new InvalidOption('mysqlTokenStore needs a connectionString or a pool, one of the two')
  }
  flag(migrate, 'mysqlTokenStore: migrate')
  count(timeout, 'mysqlTokenStore: timeout')
  return options
}
