/** Stores on real databases that record each statement that they send, so that tests can count and explain them. */

import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import Database from 'better-sqlite3'
import mysql from 'mysql2'
import pg from 'pg'
import type { Test } from 'tap'
import { type MysqlPool, mysqlTokenStore } from '../../src/store/kysely/dialects/mysql/mysql-token-store.ts'
import { pgliteTokenStore } from '../../src/store/kysely/dialects/pglite/pglite-token-store.ts'
import type { PgClient } from '../../src/store/kysely/dialects/postgres/postgres-pool.ts'
import {
  type PgPool,
  postgresTokenStore,
} from '../../src/store/kysely/dialects/postgres/postgres-token-store.ts'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import type { TokenStore } from '../../src/store/token-store.ts'
import { ownDatabase, type ServerName } from './databases.ts'

export interface Statement {
  readonly sql: string
  readonly parameters: readonly unknown[]
}

export interface WatchedStore {
  readonly name: string
  /** Open, on an empty database. */
  readonly store: TokenStore
  /** In their order, those that begin and end transactions too. A test empties it. */
  readonly statements: Statement[]
  /** Runs a statement of the test, which is not recorded. */
  run<Row>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>
}

export async function watchedSqlite(t: Test): Promise<WatchedStore> {
  const statements: Statement[] = []
  const { prototype } = Database
  const prepare = prototype.prepare
  prototype.prepare = function watched(this: Database.Database, sql: string) {
    const statement = Reflect.apply(prepare, this, [sql]) as Database.Statement
    for (const name of ['all', 'run', 'iterate'] as const) {
      const run = statement[name] as (...args: unknown[]) => unknown
      Object.assign(statement, {
        [name]: (parameters: unknown[]) => {
          statements.push({ sql, parameters })
          return Reflect.apply(run, statement, [parameters])
        },
      })
    }
    return statement
  } as typeof prepare
  t.teardown(() => {
    prototype.prepare = prepare
  })
  const store = sqliteTokenStore({ filename: join(t.testdir(), 'tokens.db') })
  return opened(t, 'SQLite', store, statements, async () => [])
}

export async function watchedPGlite(t: Test): Promise<WatchedStore> {
  const statements: Statement[] = []
  const pglite = await PGlite.create()
  t.teardown(() => pglite.close())
  const query = pglite.query.bind(pglite)
  const transaction = pglite.transaction.bind(pglite)
  const telling = (run: PGlite['query']): PGlite['query'] => {
    return (sql, parameters = [], options) => {
      statements.push({ sql, parameters })
      return run(sql, parameters, options)
    }
  }
  const tellingTransaction: PGlite['transaction'] = async (work) => {
    statements.push({ sql: 'begin', parameters: [] })
    const result = await transaction((inside) =>
      work(Object.assign(inside, { query: telling(inside.query) })),
    )
    statements.push({ sql: 'commit', parameters: [] })
    return result
  }
  Object.assign(pglite, { query: telling(query), transaction: tellingTransaction })
  const run = async <Row>(sql: string, parameters: readonly unknown[] = []) =>
    (await query<Row>(sql, [...parameters])).rows
  return opened(t, 'PGlite', pgliteTokenStore({ pglite }), statements, run)
}

/** `null` where there is no server. */
export async function watchedOnServer(t: Test, server: ServerName): Promise<WatchedStore | null> {
  const database = await ownDatabase(t, server)
  if (database === null) return null
  return server === 'PostgreSQL'
    ? onPostgres(t, database.connectionString)
    : onMariaDb(t, database.connectionString)
}

async function onPostgres(t: Test, connectionString: string): Promise<WatchedStore> {
  const statements: Statement[] = []
  const pool = new pg.Pool({ connectionString })
  t.teardown(() => pool.end())
  const toldClients = new WeakMap<pg.PoolClient, PgClient>()
  const watched: PgPool = {
    connect: async () => {
      const client = await pool.connect()
      // One for each client: a client that the store has not seen yet is checked first.
      const known = toldClients.get(client) ?? {
        query: (config) => {
          statements.push({ sql: config.text, parameters: config.values })
          return client.query(config)
        },
        release: (destroy) => client.release(destroy),
      }
      toldClients.set(client, known)
      return known
    },
  }
  const run = async (sql: string, parameters: readonly unknown[] = []) =>
    (await pool.query(sql, [...parameters])).rows
  return opened(t, 'PostgreSQL', postgresTokenStore({ pool: watched, migrate: true }), statements, run)
}

async function onMariaDb(t: Test, uri: string): Promise<WatchedStore> {
  const statements: Statement[] = []
  const pool = mysql.createPool({ uri })
  t.teardown(() => pool.promise().end())
  type Wrapped = Parameters<Parameters<Extract<MysqlPool, { getConnection: unknown }>['getConnection']>[0]>[1]
  const known = new WeakMap<object, Wrapped>()
  const watched: MysqlPool = {
    getConnection: (callback) =>
      pool.getConnection((error, connection) => {
        if (error !== null) {
          callback(error, undefined as never)
          return
        }
        const telling =
          (name: 'query' | 'execute') => (options: { sql: string; values: unknown[] }, answered: never) => {
            statements.push({ sql: options.sql, parameters: options.values })
            return connection[name](options as never, answered)
          }
        const wrapped = known.get(connection) ?? {
          config: connection.config,
          on: (event: 'error', listener: (error: Error) => void) => connection.on(event, listener),
          query: telling('query') as never,
          execute: telling('execute') as never,
          release: () => connection.release(),
          destroy: () => connection.destroy(),
        }
        known.set(connection, wrapped)
        callback(null, wrapped)
      }),
  }
  const run = async <Row>(sql: string, parameters: readonly unknown[] = []) =>
    (await pool.promise().query(sql, [...parameters]))[0] as Row[]
  return opened(t, 'MariaDB', mysqlTokenStore({ pool: watched, migrate: true }), statements, run)
}

async function opened(
  t: Test,
  name: string,
  store: TokenStore,
  statements: Statement[],
  run: WatchedStore['run'],
): Promise<WatchedStore> {
  await store.open()
  t.teardown(() => store.close())
  return { name, store, statements, run }
}
