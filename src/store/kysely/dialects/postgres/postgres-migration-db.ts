/** Opens one connection to PostgreSQL, without a time limit for statements, for migrations. */

import { Kysely, PostgresDialect } from 'kysely'
import { serverAddressOf } from '../../../store-address.ts'
import { loadDriver } from '../driver.ts'
import { postgresPool } from './postgres-pool.ts'
import { connectionCheck } from './postgres-session.ts'
import { PreparedStatements } from './prepared-statements.ts'

const CONNECT_TIMEOUT_MS = 10_000

export function openPostgresForMigration(connectionString: string): Kysely<unknown> {
  serverAddressOf(connectionString, 'postgres', '--store')
  const makePool = async () => {
    const { default: pg } = await loadDriver('pg', () => import('pg'))
    const connectionTimeoutMillis = CONNECT_TIMEOUT_MS
    return new pg.Pool({ connectionString, max: 1, connectionTimeoutMillis, keepAlive: true })
  }
  const openPool = async () => {
    const pool = await makePool()
    return postgresPool({
      pool: async () => pool,
      check: connectionCheck(),
      prepared: new PreparedStatements(),
      timeoutMs: null,
      end: () => pool.end(),
    })
  }
  return new Kysely({ dialect: new PostgresDialect({ pool: openPool }) })
}
