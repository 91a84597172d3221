/** Opens one connection to MySQL or MariaDB, without a time limit for statements, for migrations. */

import { Kysely, MysqlDialect } from 'kysely'
import { serverAddressOf } from '../../../store-address.ts'
import { openOwnPool } from './own-pool.ts'

const CONNECT_TIMEOUT_MS = 10_000

export function openMysqlForMigration(url: string): Kysely<unknown> {
  const address = serverAddressOf(url, 'mysql', '--store')
  const pool = () => openOwnPool(address, { connectionLimit: 1, connectTimeout: CONNECT_TIMEOUT_MS })
  return new Kysely({ dialect: new MysqlDialect({ pool }) })
}
