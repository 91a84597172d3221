/** Creates databases with many tokens by SQL. Secondary indexes are created after the rows, which is faster. */

import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import pg from 'pg'
import { postgresTokenStore } from '../../src/store/kysely/dialects/postgres/postgres-token-store.ts'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import type { TokenStore } from '../../src/store/token-store.ts'
import { postgresRows, SEAL, sqliteRows } from './rows.ts'
import { sealsOf } from './used-tokens.ts'

export const GROWTH_STORES = ['SQLite', 'PostgreSQL'] as const

export interface GrownDatabase {
  readonly name: (typeof GROWTH_STORES)[number]
  makeStore(): TokenStore
  run(sql: string): Promise<unknown>
  /** In bytes, indexes included. */
  size(): Promise<number>
  /** The bytes of the write-ahead log that some work writes. Nothing else may use the database. */
  walOf(work: () => Promise<unknown>): Promise<number>
  drop(): Promise<void>
}

const SEALS = {
  SQLite: 'insert into seals select value ->> 0, value ->> 1 from json_each(?)',
  PostgreSQL:
    'insert into seals select (value ->> 0)::bigint, value ->> 1 from json_array_elements($1::json) as value',
} as const
/** The seal of a used token; for the others a text of its length. */
const SEAL_OF_TOKEN = `coalesce((select seals.seal from seals where seals.token = n), ${SEAL})`

export function openGrown(
  store: (typeof GROWTH_STORES)[number],
  size: number,
  postgres: string,
): Promise<GrownDatabase> {
  return store === 'SQLite' ? grownSqlite(size) : grownPostgres(size, postgres)
}

async function grownSqlite(size: number): Promise<GrownDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'growth-'))
  const filename = join(folder, 'tokens.db')
  const store = sqliteTokenStore({ filename })
  await store.open()
  await store.close()
  const database = new Database(filename)
  database.pragma('synchronous = OFF')
  const indexes = database
    .prepare("select name, sql from sqlite_schema where type = 'index' and sql is not null")
    .all() as { name: string; sql: string }[]
  for (const { name } of indexes) database.exec(`drop index ${name}`)
  database.exec('create temporary table seals (token integer primary key, seal text)')
  database.prepare(SEALS.SQLite).run(JSON.stringify(sealsOf(size)))
  for (const rows of sqliteRows(size, SEAL_OF_TOKEN)) database.exec(rows)
  for (const { sql } of indexes) database.exec(sql)
  database.pragma('wal_checkpoint(TRUNCATE)')
  database.close()
  return {
    name: 'SQLite',
    run: async (sql) => {
      const other = new Database(filename)
      other.exec(sql)
      other.close()
    },
    makeStore: () => sqliteTokenStore({ filename, migrate: false }),
    size: async () => statSync(filename).size,
    walOf: async (work) => {
      // A checkpoint makes the next write start at the beginning of the file.
      const other = new Database(filename)
      other.pragma('wal_checkpoint(TRUNCATE)')
      await work()
      other.close()
      return statSync(`${filename}-wal`).size
    },
    drop: async () => rmSync(folder, { recursive: true }),
  }
}

async function grownPostgres(size: number, server: string): Promise<GrownDatabase> {
  const schema = `growth_${randomBytes(4).toString('hex')}`
  const connectionString = `${server}?options=-c%20search_path%3D${schema}`
  const pool = new pg.Pool({ connectionString, max: 1 })
  await pool.query(`create schema ${schema}`)
  const drop = async () => {
    await pool.query(`drop schema ${schema} cascade`)
    await pool.end()
  }
  try {
    const store = postgresTokenStore({ connectionString, migrate: true })
    await store.open()
    await store.close()
    const { rows: indexes } = await pool.query<{ indexname: string; indexdef: string }>(
      `select indexname, indexdef from pg_indexes where schemaname = '${schema}' and indexdef not like '%UNIQUE%'`,
    )
    for (const { indexname } of indexes) await pool.query(`drop index ${indexname}`)
    await pool.query('create temporary table seals (token bigint primary key, seal text)')
    await pool.query(SEALS.PostgreSQL, [JSON.stringify(sealsOf(size))])
    for (const rows of postgresRows(size, SEAL_OF_TOKEN)) await pool.query(rows)
    for (const { indexdef } of indexes) await pool.query(indexdef)
    for (const table of ['api_tokens', 'api_token_owners', 'api_token_usage'])
      await pool.query(`vacuum analyze ${table}`)
    await pool.query('checkpoint')
  } catch (error) {
    await drop()
    throw error
  }
  const bytes = `select sum(pg_total_relation_size(c.oid)) as bytes from pg_class c
    join pg_namespace n on n.oid = c.relnamespace where n.nspname = '${schema}' and c.relkind = 'r'`
  return {
    name: 'PostgreSQL',
    run: (sql) => pool.query(sql),
    makeStore: () => postgresTokenStore({ connectionString }),
    size: async () => Number((await pool.query<{ bytes: string }>(bytes)).rows[0]?.bytes),
    walOf: async (work) => {
      const lsn = async () => {
        const { rows } = await pool.query<{ lsn: string }>('select pg_current_wal_insert_lsn()::text as lsn')
        return rows[0]?.lsn ?? '0/0'
      }
      const before = await lsn()
      await work()
      const { rows } = await pool.query<{ bytes: string }>(
        'select pg_wal_lsn_diff($1::pg_lsn, $2::pg_lsn) as bytes',
        [await lsn(), before],
      )
      return Number(rows[0]?.bytes)
    },
    drop,
  }
}
