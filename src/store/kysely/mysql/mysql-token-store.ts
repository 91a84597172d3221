/** Keeps tokens in MySQL 8 or MariaDB, over the package `mysql2`: for hosts of many instances. */

import { Kysely, MysqlDialect } from 'kysely'
import { withoutSecrets } from '../../store-address.ts'
import type { TokenStore } from '../../token-store.ts'
import type { ApiTokenDatabase } from '../database.ts'
import { loadDriver } from '../driver.ts'
import { KyselyTokenStore } from '../kysely-token-store.ts'
import { DEFAULT_TIMEOUT_MS } from '../patience.ts'
import { migrateCommandFor } from '../schema/migrate-command-line.ts'
import { Schema } from '../schema/schema.ts'
import { type MysqlPool, mysqlPool } from './mysql-pool.ts'
import { mysqlTraits } from './mysql-traits.ts'

export type { MysqlPool } from './mysql-pool.ts'

interface CommonOptions {
  /** Whether the schema is brought up to date at start. Default `false`. */
  readonly migrate?: boolean
  /** How many milliseconds a statement waits for a connection, and then for its answer. Default 5,000. */
  readonly timeout?: number
}

/** Where the database is, or the host's own pool, which the store does not end. */
export type MysqlTokenStoreOptions = CommonOptions &
  (
    | { readonly connectionString: string; readonly pool?: never }
    | { readonly pool: MysqlPool; readonly connectionString?: never }
  )

const MAX_CONNECTIONS = 10

/**
 * Makes a store in MySQL 8 or MariaDB. It connects at boot, not here.
 *
 * @throws At boot, when the package `mysql2` is not installed, the database cannot be reached, or its schema is not
 *   this version's.
 * @example await app.register(apiTokens, { store: mysqlTokenStore({ connectionString: 'mysql://root@localhost/app' }), keys: [jwk], authenticateUser })
 */
export function mysqlTokenStore(options: MysqlTokenStoreOptions): TokenStore {
  const { migrate = false, timeout = DEFAULT_TIMEOUT_MS } = options
  const { pool, end } =
    options.pool === undefined ? ownPool(options.connectionString, timeout) : of(options.pool)
  const prepared = new Set<string>()
  const connect = (timeoutMs: number | null) => {
    const dialect = new MysqlDialect({ pool: () => mysqlPool({ pool, prepared, timeoutMs }) })
    return { db: new Kysely<ApiTokenDatabase>({ dialect }), traits: mysqlTraits }
  }
  const address = options.pool === undefined ? withoutSecrets(options.connectionString) : 'mysql://…'
  return new KyselyTokenStore({
    connection: connect(timeout),
    schema: new Schema(connect(null), { command: migrateCommandFor(address) }),
    shared: true,
    migrate,
    close: end,
    onFindToken: (sql) => prepared.add(sql),
  })
}

function of(pool: MysqlPool) {
  return { pool: async () => pool, end: async () => undefined }
}

/** A pool that is made when the first statement needs it. */
function ownPool(uri: string, connectTimeout: number) {
  let made: Promise<MysqlPool & { promise(): { end(): Promise<void> } }> | undefined
  const pool = async () => {
    const { default: mysql } = await loadDriver('mysql2', () => import('mysql2'))
    return mysql.createPool({ uri, connectionLimit: MAX_CONNECTIONS, connectTimeout, enableKeepAlive: true })
  }
  return {
    pool: () => {
      made ??= pool()
      return made
    },
    end: async () => (await made)?.promise().end(),
  }
}
