/** A Redis server of a test's own, for modes that the one of this machine does not have. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { isListening } from './services.ts'
import { within } from './within.ts'

/** Starts `redis-server` with these arguments, and returns its port. A file that it is given must be writable. */
export async function ownRedis(t: Test, args: readonly string[] = []): Promise<number> {
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'redis-'))
  const places = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder]
  const server = spawn('redis-server', [...args, ...places], { stdio: 'ignore' })
  const ended = once(server, 'exit')
  t.teardown(async () => {
    server.kill('SIGKILL')
    await ended.catch(() => undefined)
    await rm(folder, { recursive: true, force: true })
  })
  await Promise.race([
    within(5_000, () => isListening(port)),
    ended.then(([code]) => Promise.reject(new Error(`redis-server ended with ${code}`))),
  ])
  return port
}

export async function freePort(): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  const server = createServer().listen(0, '127.0.0.1', () => {
    const address = server.address()
    server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0))
  })
  return promise
}
