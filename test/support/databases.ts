/** Databases of a test's own on the servers of this machine, made before and dropped after. */

import { randomBytes } from 'node:crypto'
import mysql from 'mysql2/promise'
import pg from 'pg'
import type { Test } from 'tap'

export type ServerName = 'PostgreSQL' | 'MariaDB'

/** An empty schema or database, dropped when the test ends. */
export interface OwnDatabase {
  readonly connectionString: string
  /** Its name on the server. */
  readonly name: string
  run<Row>(sql: string): Promise<Row[]>
}

const POSTGRES = 'postgres://postgres@127.0.0.1:5432/test'
const MARIADB = 'mysql://root@127.0.0.1:3306/test'

/** A database on that server, or `null` where there is no server, which is said; in CI there must be one. */
export async function ownDatabase(t: Test, server: ServerName): Promise<OwnDatabase | null> {
  try {
    return server === 'PostgreSQL' ? await ownSchema(t) : await ownMariaDb(t)
  } catch (error) {
    if (process.env['CI'] !== undefined) throw error
    t.comment(`skipped: no ${server} on this machine (${error})`)
    t.pass(`there is no ${server} here`, { skip: `no ${server}` })
    return null
  }
}

async function ownSchema(t: Test): Promise<OwnDatabase> {
  const name = freshName()
  const pool = new pg.Pool({ connectionString: POSTGRES, max: 2, connectionTimeoutMillis: 2_000 })
  await pool.query(`create schema ${name}`)
  t.teardown(async () => {
    await pool.query(`drop schema ${name} cascade`)
    await pool.end()
  })
  const connectionString = `${POSTGRES}?options=-c%20search_path%3D${name}`
  const own = new pg.Pool({ connectionString, max: 2 })
  t.teardown(() => own.end())
  return { connectionString, name, run: async (sql) => (await own.query(sql)).rows }
}

async function ownMariaDb(t: Test): Promise<OwnDatabase> {
  const name = freshName()
  const admin = await mysql.createConnection({ uri: MARIADB, connectTimeout: 2_000 })
  await admin.query(`create database ${name}`)
  t.teardown(async () => {
    await admin.query(`drop database ${name}`)
    await admin.end()
  })
  const own = mysql.createPool({ uri: MARIADB.replace(/test$/, name), connectionLimit: 2 })
  t.teardown(() => own.end())
  return {
    connectionString: MARIADB.replace(/test$/, name),
    name,
    // The driver's own type for rows is its own.
    run: async <Row>(sql: string) => (await own.query(sql))[0] as Row[],
  }
}

function freshName(): string {
  return `api_tokens_${process.pid}_${randomBytes(4).toString('hex')}`
}
