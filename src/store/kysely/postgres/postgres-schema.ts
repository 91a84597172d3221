/** Opens one connection to PostgreSQL that waits as long as a step of the schema takes. */

import { Kysely, PostgresDialect } from 'kysely'
import { loadDriver } from '../driver.ts'

const CONNECT_TIMEOUT_MS = 10_000

export function openPostgres(connectionString: string): Kysely<unknown> {
  const pool = async () => {
    const { default: pg } = await loadDriver('pg', () => import('pg'))
    const connectionTimeoutMillis = CONNECT_TIMEOUT_MS
    const own = new pg.Pool({ connectionString, max: 1, connectionTimeoutMillis, keepAlive: true })
    // Whoever uses the connection that breaks hears of it.
    own.on('error', () => undefined)
    return own
  }
  return new Kysely({ dialect: new PostgresDialect({ pool }) })
}
