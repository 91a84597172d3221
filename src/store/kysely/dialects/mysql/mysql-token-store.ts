/** The store for MySQL 8 and MariaDB, on the package `mysql2`. Several instances can share it. */

import { Kysely, MysqlDialect } from 'kysely'
import { noMore } from '../../../../option-values.ts'
import { serverAddressOf, withoutSecrets } from '../../../store-address.ts'
import type { TokenStore } from '../../../token-store.ts'
import { KyselyTokenStore } from '../../kysely-token-store.ts'
import { migrateCommandFor } from '../../migrations/migrate-command-line.ts'
import { Migrator } from '../../migrations/migrator.ts'
import type { ApiTokenDatabase } from '../../tables/database.ts'
import { hostPool, lazyPool } from '../lazy-pool.ts'
import { type AddressOrPool, readServerOptions, type ServerOptions } from '../server-options.ts'
import { corePool, type MysqlPool, mysqlPool } from './mysql-pool.ts'
import { mysqlTraits } from './mysql-traits.ts'
import { openOwnPool } from './own-pool.ts'

export type { MysqlPool } from './mysql-pool.ts'

/** The address of the database, or the host's own pool, which the store does not end. */
export type MysqlTokenStoreOptions = ServerOptions & AddressOrPool<MysqlPool>

const KNOWN = ['connectionString', 'pool', 'migrate', 'timeout'] as const
const MAX_CONNECTIONS = 10

/**
 * Makes a store in MySQL 8 or MariaDB. It connects at boot.
 *
 * @throws `FST_API_TOKENS_INVALID_OPTION` without a valid address or pool. At boot: without the package `mysql2`, when the
 *   database is unavailable, for a wrong session setting, or for a schema that is not up to date.
 * @example
 * import apiTokens, { jwksFile } from 'fastify-api-tokens'
 *
 * const store = mysqlTokenStore({ connectionString: 'mysql://root@localhost/app' })
 * await app.register(apiTokens, { authenticateUser, store, keys: jwksFile('/run/secrets/api-tokens-keys') })
 */
export function mysqlTokenStore(given: MysqlTokenStoreOptions, ...more: never[]): TokenStore {
  noMore('mysqlTokenStore', more)
  const options = readServerOptions('mysqlTokenStore', given, KNOWN)
  const { migrate, timeout } = options
  const { pool, end } =
    options.pool === undefined ? ownPool(options.connectionString, timeout) : hostPool(corePool(options.pool))
  const prepared = new Set<string>()
  const connect = (timeoutMs: number | null) => {
    const dialect = new MysqlDialect({
      pool: mysqlPool({ pool, prepared, timeoutMs, isShared: options.pool !== undefined }),
    })
    return { db: new Kysely<ApiTokenDatabase>({ dialect }), traits: mysqlTraits }
  }
  const address = options.pool === undefined ? withoutSecrets(options.connectionString) : 'mysql://…'
  return new KyselyTokenStore({
    storeDb: connect(timeout),
    migrator: new Migrator(connect(null), { command: migrateCommandFor(address) }),
    shared: true,
    migrate,
    close: end,
    onFindToken: (sql) => prepared.add(sql),
  })
}

function ownPool(connectionString: string, connectTimeout: number) {
  const address = serverAddressOf(connectionString, 'mysql', 'mysqlTokenStore: connectionString')
  return lazyPool(
    () => openOwnPool(address, { connectionLimit: MAX_CONNECTIONS, connectTimeout }),
    // A lost connection needs no orderly end.
    (pool) =>
      pool
        .promise()
        .end()
        .catch(() => undefined),
  )
}
