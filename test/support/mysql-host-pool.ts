/** Pools of `mysql2` as hosts make them: with options of their own, and with statements for each new connection. */

import mysql, { type Pool, type PoolOptions } from 'mysql2'
import type { Test } from 'tap'

/** A pool that is ended with the test; `statements` run on each connection before anything else. */
export function hostPool(
  t: Test,
  uri: string,
  statements: readonly string[] = [],
  options: PoolOptions = {},
): Pool {
  const pool = mysql.createPool({ uri, ...options })
  pool.on('connection', (connection) => {
    connection.on('error', () => undefined)
    for (const sql of statements) {
      connection.query(sql, (error) => {
        if (error !== null) t.fail(`${sql}: ${error.message}`)
      })
    }
  })
  t.teardown(() => pool.promise().end())
  return pool
}
