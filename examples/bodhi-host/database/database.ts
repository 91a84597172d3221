/** Opens the host's one database, of whichever kind: its own tables are in it, and beside them the plugin's. */
import Database from 'better-sqlite3'
import type { TokenStore } from 'fastify-api-tokens'
import { mysqlTokenStore } from 'fastify-api-tokens/mysql'
import { postgresTokenStore } from 'fastify-api-tokens/postgres'
import { sqliteTokenStore } from 'fastify-api-tokens/sqlite'
import { Kysely, MysqlDialect, PostgresDialect, SqliteDialect } from 'kysely'
import { type DatabaseAddress, placeOf } from './database-address.ts'
import { createTables, type Tables } from './tables.ts'

export interface HostDatabase {
  /** The host's own tables. */
  readonly db: Kysely<Tables>
  /** The plugin's: on a server by the same pool of connections. */
  readonly tokenStore: TokenStore
  close(): Promise<void>
}

const CONNECT_TIMEOUT_MS = 5_000

/**
 * Opens the database, and makes the tables that are not there.
 *
 * @throws {Error} that names `DATABASE_URL`, for a database that cannot be used
 */
export async function openDatabase(address: DatabaseAddress): Promise<HostDatabase> {
  let opened: HostDatabase | null = null
  try {
    opened = await open(address)
    await createTables(opened.db, address.dialect)
    return opened
  } catch (cause) {
    await opened?.close().catch(() => undefined) // what could not be opened need not close
    throw new Error(`DATABASE_URL: ${placeOf(address)} cannot be used`, { cause })
  }
}

function open(address: DatabaseAddress): HostDatabase | Promise<HostDatabase> {
  switch (address.dialect) {
    case 'sqlite':
      return openSqlite(address.filename)
    case 'postgres':
      return openPostgresForMigration(address.url)
    case 'mysql':
      return openMysqlForMigration(address.url)
  }
}

/** Each has a connection of its own to the file: SQLite has no pool to share. */
function openSqlite(filename: string): HostDatabase {
  const database = new Database(filename)
  database.pragma('journal_mode = WAL')
  database.pragma('busy_timeout = 5000')
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) })
  return { db, tokenStore: sqliteTokenStore({ filename }), close: () => db.destroy() }
}

async function openPostgresForMigration(connectionString: string): Promise<HostDatabase> {
  const { default: pg } = await import('pg')
  const pool = new pg.Pool({ connectionString, connectionTimeoutMillis: CONNECT_TIMEOUT_MS })
  // A connection that breaks while nobody uses it: who asks next gets another.
  pool.on('error', () => undefined)
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  return { db, tokenStore: postgresTokenStore({ pool, migrate: true }), close: () => db.destroy() }
}

async function openMysqlForMigration(uri: string): Promise<HostDatabase> {
  const { default: mysql } = await import('mysql2')
  const pool = mysql.createPool({ uri, connectTimeout: CONNECT_TIMEOUT_MS })
  const db = new Kysely<Tables>({ dialect: new MysqlDialect({ pool }) })
  return { db, tokenStore: mysqlTokenStore({ pool, migrate: true }), close: () => db.destroy() }
}
