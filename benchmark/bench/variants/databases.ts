/** Databases for one run of a variant on the servers of this machine. They are dropped when the variant closes. */

import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import mysql from 'mysql2/promise'
import pg from 'pg'

export type DatabaseServer = 'PostgreSQL' | 'MariaDB'

export interface RunDatabase {
  readonly connectionString: string
  drop(): Promise<void>
}

/** The servers that the tests use too. */
const ADDRESSES: Readonly<Record<DatabaseServer, string>> = {
  PostgreSQL: process.env['BENCH_POSTGRES'] ?? 'postgres://postgres@127.0.0.1:5432/test',
  MariaDB: process.env['BENCH_MARIADB'] ?? 'mysql://root@127.0.0.1:3306/test',
}

const DEFAULT_PORTS: Readonly<Record<DatabaseServer, number>> = { PostgreSQL: 5432, MariaDB: 3306 }

/** Whether the server accepts connections. */
export function isAvailable(server: DatabaseServer): Promise<boolean> {
  const { hostname, port } = new URL(ADDRESSES[server])
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect(Number(port || DEFAULT_PORTS[server]), hostname)
  socket.once('connect', () => resolve(true))
  socket.once('error', () => resolve(false))
  promise.then(() => socket.destroy())
  return promise
}

/** An empty schema in PostgreSQL. */
export async function postgresDatabase(): Promise<RunDatabase> {
  const name = uniqueName()
  await runOnPostgres(`create schema ${name}`)
  return {
    connectionString: `${ADDRESSES.PostgreSQL}?options=-c%20search_path%3D${name}`,
    drop: () => runOnPostgres(`drop schema ${name} cascade`),
  }
}

/** An empty database in MariaDB. */
export async function mariaDbDatabase(): Promise<RunDatabase> {
  const name = uniqueName()
  await runOnMariaDb(`create database ${name}`)
  const address = new URL(ADDRESSES.MariaDB)
  address.pathname = name
  return { connectionString: address.href, drop: () => runOnMariaDb(`drop database ${name}`) }
}

async function runOnPostgres(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: ADDRESSES.PostgreSQL })
  await client.connect()
  await client.query(sql)
  await client.end()
}

async function runOnMariaDb(sql: string): Promise<void> {
  const connection = await mysql.createConnection({ uri: ADDRESSES.MariaDB })
  await connection.query(sql)
  await connection.end()
}

function uniqueName(): string {
  return `api_tokens_bench_${process.pid}_${randomBytes(4).toString('hex')}`
}
