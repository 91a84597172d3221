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
import { postgresRows, sqliteRows } from './rows.ts'

export const GROWTH_STORES = ['SQLite', 'PostgreSQL'] as const

export interface GrownDatabase {
  makeStore(): TokenStore
  /** In bytes, indexes included. */
  size(): Promise<number>
  drop(): Promise<void>
}

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
  for (const rows of sqliteRows(size)) database.exec(rows)
  for (const { sql } of indexes) database.exec(sql)
  database.pragma('wal_checkpoint(TRUNCATE)')
  database.close()
  return {
    makeStore: () => sqliteTokenStore({ filename, migrate: false }),
    size: async () => statSync(filename).size,
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
    for (const rows of postgresRows(size)) await pool.query(rows)
    for (const { indexdef } of indexes) await pool.query(indexdef)
    for (const table of ['api_tokens', 'api_token_owners']) await pool.query(`vacuum analyze ${table}`)
    await pool.query('checkpoint')
  } catch (error) {
    await drop()
    throw error
  }
  const bytes = `select sum(pg_total_relation_size(c.oid)) as bytes from pg_class c
    join pg_namespace n on n.oid = c.relnamespace where n.nspname = '${schema}' and c.relkind = 'r'`
  return {
    makeStore: () => postgresTokenStore({ connectionString }),
    size: async () => Number((await pool.query<{ bytes: string }>(bytes)).rows[0]?.bytes),
    drop,
  }
}
