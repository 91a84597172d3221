/** Opens one connection to MySQL or MariaDB that waits as long as a step of the schema takes. */

import { Kysely, MysqlDialect } from 'kysely'
import { loadDriver } from '../driver.ts'

const CONNECT_TIMEOUT_MS = 10_000

export function openMysql(uri: string): Kysely<unknown> {
  const pool = async () => {
    const { default: mysql } = await loadDriver('mysql2', () => import('mysql2'))
    const connectTimeout = CONNECT_TIMEOUT_MS
    return mysql.createPool({ uri, connectionLimit: 1, connectTimeout, enableKeepAlive: true })
  }
  return new Kysely({ dialect: new MysqlDialect({ pool }) })
}
