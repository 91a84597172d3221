/** Starts and stops the process in which variants run. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { pinned, SERVER_CORE } from './cores.ts'
import type { Endpoint, Reading, ServerRequest } from './server.ts'

export interface ServerProcess<Names extends readonly string[]> {
  /** One for each name. */
  readonly endpoints: { readonly [index in keyof Names]: Endpoint }
  /** The counters of the process now. */
  read(): Promise<Reading>
  /** Closes the variants and deletes their databases. */
  stop(): Promise<void>
}

/** A process that does not end within this time is killed. */
const STOP_TIMEOUT_MS = 10_000

export async function startServers<const Names extends readonly string[]>(
  variants: Names,
): Promise<ServerProcess<Names>> {
  const program = join(import.meta.dirname, 'server.ts')
  const [command, ...args] = pinned(SERVER_CORE, [process.execPath, program, ...variants])
  const child = spawn(command, args, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const exited = once(child, 'exit')
  const failed = exited.then(() => Promise.reject(new Error(`the process of ${variants} ended`)))
  failed.catch(() => undefined)
  const [endpoints] = (await Promise.race([once(child, 'message'), failed])) as [
    ServerProcess<Names>['endpoints'],
  ]
  return {
    endpoints,
    read: async () => {
      const answer = once(child, 'message')
      child.send('read' satisfies ServerRequest)
      const [reading] = (await Promise.race([answer, failed])) as [Reading]
      return reading
    },
    stop: async () => {
      if (!child.connected) return
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
      child.send('stop' satisfies ServerRequest)
      await exited
      clearTimeout(timer)
    },
  }
}
