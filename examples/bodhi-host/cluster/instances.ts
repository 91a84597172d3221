/** Starts and stops processes of the host. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Target } from './proxy.ts'

export interface Instance extends Target {
  readonly pid: number
  /** Kills the process without a shutdown. */
  kill(): Promise<void>
  /** Stops the process after open requests have finished. */
  stop(): Promise<void>
}

const PATIENCE_MS = 10_000

/** Starts one process, and waits until it listens. */
export async function startInstance(
  number: number,
  environment: Readonly<Record<string, string>>,
): Promise<Instance> {
  const child = fork(join(import.meta.dirname, 'instance.ts'), {
    env: { ...process.env, ...environment },
    execArgv: [],
  })
  const [first] = await Promise.race([once(child, 'message'), once(child, 'exit')])
  if (typeof first !== 'object' || first === null) throw new Error(`Instance ${number} did not start`)
  const { port } = first as { port: number } // what instance.ts sends
  return {
    number,
    port,
    pid: child.pid ?? 0, // it runs
    kill: () => end(child, 'SIGKILL'),
    stop: () => end(child, 'SIGTERM'),
  }
}

async function end(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill(signal)
  const impatience = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
  await exit
  clearTimeout(impatience)
}
