/** A PostgreSQL server of a test's own, which the test stops and starts. */

import { execFile } from 'node:child_process'
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Test } from 'tap'

export interface OwnPostgres {
  readonly connectionString: string
  readonly port: number
  /** The folder of its Unix socket. */
  readonly folder: string
  start(): Promise<void>
  /** Ends every connection and refuses new ones. */
  stop(): Promise<void>
}

const INSTALLED = '/usr/lib/postgresql'
const execute = promisify(execFile)

/** A server on a port of its own, or `null` with a message if none is installed. In CI there must be one. */
export async function ownPostgres(t: Test): Promise<OwnPostgres | null> {
  try {
    return await startServer(t)
  } catch (error) {
    if (process.env['CI'] !== undefined) throw error
    t.comment(`skipped: no PostgreSQL server can be made on this machine (${error})`)
    t.pass('there is no PostgreSQL server', { skip: 'no PostgreSQL server' })
    return null
  }
}

async function startServer(t: Test): Promise<OwnPostgres> {
  const [version] = (await readdir(INSTALLED)).sort((a, b) => Number(b) - Number(a))
  const programs = join(INSTALLED, version ?? '', 'bin')
  const folder = await mkdtemp(join(tmpdir(), 'postgres-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const run = await ownerOf(folder)
  const place = join(folder, 'data')
  // Without these two, the environment decides the encoding.
  const text = ['--encoding', 'UTF8', '--locale', 'C']
  await run(join(programs, 'initdb'), ['-D', place, '-A', 'trust', '-U', 'postgres', '--no-sync', ...text])
  const port = await freePort()
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${folder} -c fsync=off`
  const control = (...args: string[]) => run(join(programs, 'pg_ctl'), ['-D', place, '-w', ...args])
  const start = () => control('-l', join(folder, 'log'), '-o', settings, 'start')
  const stop = () => control('-m', 'fast', 'stop')
  t.teardown(() => stop().catch(() => undefined))
  await start()
  return { connectionString: `postgres://postgres@127.0.0.1:${port}/postgres`, port, folder, start, stop }
}

/** PostgreSQL does not run as root: there the folder is given to its own user, who runs it. */
async function ownerOf(folder: string) {
  const isRoot = process.getuid?.() === 0
  const [uid = 0, gid = 0] = isRoot ? await Promise.all([idOf('-u'), idOf('-g')]) : []
  if (isRoot) await chown(folder, uid, gid)
  // The server continues in the background and holds no pipe of this process.
  return async (program: string, args: readonly string[]) => {
    const as = isRoot ? { uid, gid } : {}
    await execute('/bin/sh', ['-c', '"$0" "$@" >/dev/null 2>&1', program, ...args], { cwd: folder, ...as })
  }
}

async function idOf(kind: '-u' | '-g'): Promise<number> {
  return Number((await execute('id', [kind, 'postgres'])).stdout)
}

async function freePort(): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  const server = createServer().listen(0, '127.0.0.1', () => {
    const address = server.address()
    server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0))
  })
  return promise
}
