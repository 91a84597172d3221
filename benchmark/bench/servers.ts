/** Starts and ends the process in which variants listen. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { pinned, SERVER_CORE } from './cores.ts'
import type { Endpoint, Reading } from './server.ts'

export interface ServerProcess<Names extends readonly string[]> {
  /** One for each name. */
  readonly endpoints: { readonly [index in keyof Names]: Endpoint }
  /** What it has done until now. What was under way when it was asked is done by then. */
  read(): Promise<Reading>
  stop(): void
}

export async function startServers<const Names extends readonly string[]>(
  variants: Names,
): Promise<ServerProcess<Names>> {
  const program = join(import.meta.dirname, 'server.ts')
  const [command, ...args] = pinned(SERVER_CORE, [process.execPath, program, ...variants])
  const child = spawn(command, args, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`${variants} ended at their start`)))
  const [endpoints] = (await Promise.race([once(child, 'message'), ended])) as [
    ServerProcess<Names>['endpoints'],
  ]
  ended.catch(() => undefined)
  return {
    endpoints,
    read: async () => {
      const answer = once(child, 'message')
      child.send('read')
      const [reading] = (await answer) as [Reading]
      return reading
    },
    stop: () => child.kill(),
  }
}
