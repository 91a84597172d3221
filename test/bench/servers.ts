/** Starts and ends the servers of the variants. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { pinned, SERVER_CORE } from './cores.ts'
import type { ServerHello } from './server.ts'

export interface Server extends ServerHello {
  /** Microseconds of processor time that it has used. */
  cpuTime(): Promise<number>
  stop(): void
}

export async function startServer(variant: string): Promise<Server> {
  const program = join(import.meta.dirname, 'server.ts')
  const [command, ...args] = pinned(SERVER_CORE, [process.execPath, program, variant])
  const child = spawn(command, args, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`${variant} ended at its start`)))
  const [hello] = (await Promise.race([once(child, 'message'), ended])) as [ServerHello]
  ended.catch(() => undefined)
  return {
    ...hello,
    cpuTime: async () => {
      const answer = once(child, 'message')
      child.send('cpu')
      const [microseconds] = (await answer) as [number]
      return microseconds
    },
    stop: () => child.disconnect(),
  }
}
