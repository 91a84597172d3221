/** Opens the host's database. It contains the host's own tables and those of the plugin. */
import Database from 'better-sqlite3'
import { mysqlTokenStore } from 'fastify-api-tokens/mysql'
import { postgresTokenStore } from 'fastify-api-tokens/postgres'
import { sqliteTokenStore } from 'fastify-api-tokens/sqlite'
import type { TokenStore } from 'fastify-api-tokens/store'
import { Kysely, MysqlDialect, PostgresDialect, SqliteDialect } from 'kysely'
import { type DatabaseAddress, placeOf } from './database-address.ts'
import { createTables, type Tables } from './tables.ts'

export interface HostDatabase {
  /** The host's own tables. */
  readonly db: Kysely<Tables>
  /** The plugin's token store. On a database server it uses the host's connection pool. */
  readonly tokenStore: TokenStore
  close(): Promise<void>
}

const CONNECT_TIMEOUT_MS = 5_000

/**
 * Opens the database and creates missing tables.
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

/** Host and plugin have separate connections to the file, because SQLite has no pool to share. */
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
  // Without this listener an idle connection that breaks would end the process. The pool opens a new one.
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
