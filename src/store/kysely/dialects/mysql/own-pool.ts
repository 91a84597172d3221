/** The store's own pool of connections to MySQL or MariaDB. It sets the session variables that the store needs. */

import type { Pool, PoolOptions } from 'mysql2'
import type { ServerAddress } from '../../../store-address.ts'
import { loadDriver } from '../driver.ts'

/** Overrides the server's defaults. Each server runs only the comment that is for it. */
const SESSION = `set session sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION',
  session autocommit = 1, session completion_type = 0, session sql_safe_updates = 0,
  session sql_select_limit = 18446744073709551615, session sql_big_selects = 1, session unique_checks = 1,
  session max_sort_length = 1024, session innodb_lock_wait_timeout = 50
  /*M!100108 , session max_statement_time = 0 */ /*!50708 , session max_execution_time = 0 */`
const TRANSACTIONS = 'set session transaction isolation level read committed, read write'

export interface OwnPoolOptions {
  readonly connectionLimit: number
  /** In milliseconds. */
  readonly connectTimeout: number
}

/** @throws `FST_API_TOKENS_INVALID_OPTION` when the package `mysql2` is not installed. */
export async function openOwnPool(address: ServerAddress, options: OwnPoolOptions): Promise<Pool> {
  const { default: mysql } = await loadDriver('mysql2', () => import('mysql2'))
  const pool = mysql.createPool({ ...driverOptions(address), ...options, enableKeepAlive: true })
  pool.on('connection', (connection) => {
    // A running statement rejects by itself when the connection ends.
    connection.on('error', () => undefined)
    // These are sent before the first statement. The connection's check finds a variable that could not be set.
    for (const sql of [SESSION, TRANSACTIONS]) connection.query(sql, () => undefined)
  })
  return pool
}

/** The address is parsed here, so that the driver cannot quote it in an error. */
function driverOptions({ host, port, user, password, database, parameters }: ServerAddress): PoolOptions {
  const given = Object.fromEntries(parameters.map(([name, value]) => [name, jsonOr(value)]))
  delete given['uri']
  const named = { host, port, user, password, database }
  const set = Object.entries(named).filter(([, value]) => value !== undefined && value !== '')
  return { ...given, ...Object.fromEntries(set) }
}

/** Reads a parameter as `mysql2` does: `true` and `{"ca":"…"}` are JSON, `utf8mb4_bin` is a text. */
function jsonOr(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}
