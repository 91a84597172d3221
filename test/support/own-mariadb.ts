/** A MariaDB server of a test's own, with settings that other tests must not have. */

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import mysql from 'mysql2/promise'
import type { Test } from 'tap'

export interface OwnMariaDb {
  readonly port: number
  /** Of `root`, in the database `test`. */
  readonly connectionString: string
  /** Runs a statement as `root`. */
  run<Row>(sql: string): Promise<Row[]>
}

const execute = promisify(execFile)

/** A server with these arguments, or `null` with a message if none is installed. In CI there must be one. */
export async function ownMariaDb(t: Test, settings: readonly string[]): Promise<OwnMariaDb | null> {
  try {
    return await startServer(t, settings)
  } catch (error) {
    if (process.env['CI'] !== undefined) throw error
    t.comment(`skipped: no MariaDB server can be made on this machine (${error})`)
    t.pass('there is no MariaDB server', { skip: 'no MariaDB server' })
    return null
  }
}

async function startServer(t: Test, settings: readonly string[]): Promise<OwnMariaDb> {
  const folder = await mkdtemp(join(tmpdir(), 'mariadb-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const data = join(folder, 'data')
  const user = process.getuid?.() === 0 ? ['--user=root'] : []
  await execute('mariadb-install-db', [
    '--no-defaults',
    `--datadir=${data}`,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    '--skip-name-resolve',
    ...user,
  ])
  const port = await freePort()
  const server = spawn(
    'mariadbd',
    [
      '--no-defaults',
      `--datadir=${data}`,
      `--socket=${join(folder, 'socket')}`,
      `--pid-file=${join(folder, 'pid')}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      '--skip-name-resolve',
      '--innodb-flush-log-at-trx-commit=0',
      '--innodb-buffer-pool-size=32M',
      ...user,
      ...settings,
    ],
    { stdio: 'ignore' },
  )
  t.teardown(async () => {
    if (server.exitCode !== null) return
    server.kill('SIGTERM')
    await once(server, 'exit')
  })
  const root = { host: '127.0.0.1', port, user: 'root' }
  const connection = await connected(() => mysql.createConnection(root), server)
  t.teardown(() => connection.destroy())
  // Settings of the server may be for other sessions than this one.
  await connection.query(
    'set session autocommit = 1, session completion_type = 0, session max_statement_time = 0',
  )
  await connection.query('set session transaction isolation level read committed, read write')
  await connection.query('create database if not exists test')
  await connection.query('use test')
  return {
    port,
    connectionString: `mysql://root@127.0.0.1:${port}/test`,
    run: async <Row>(sql: string) => (await connection.query(sql))[0] as Row[],
  }
}

async function connected<T>(
  connect: () => Promise<T>,
  server: { readonly exitCode: number | null },
): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await connect()
    } catch (error) {
      if (tries === 200 || server.exitCode !== null) throw error
      await sleep(100)
    }
  }
}

async function freePort(): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  const server = createServer().listen(0, '127.0.0.1', () => {
    const address = server.address()
    server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0))
  })
  return promise
}
