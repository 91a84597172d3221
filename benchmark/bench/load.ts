/** The clients: `wrk` if it is installed, otherwise `autocannon`. With two cores they have their own. */

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { LOAD_CORE, pinned } from './cores.ts'

/** One credential per connection, as for direct clients, or all in turn on each connection, as behind a proxy. */
export type Carrying = 'connection' | 'rotating'

export interface LoadOptions {
  readonly port: number
  readonly credentials: readonly string[]
  readonly carrying: Carrying
  readonly connections: number
  /** The pause of a client between two requests, in milliseconds. */
  readonly pauseMs: number
}

export interface LoadResult {
  readonly requests: number
  readonly seconds: number
  /** Responses with a status of 400 or above. */
  readonly refused: number
  /** Requests without a response. */
  readonly failed: number
  /** Milliseconds. */
  readonly p99: number
}

export const LOAD_TOOL =
  spawnSync('wrk', ['--version']).error === undefined && process.env['BENCH_LOAD'] !== 'autocannon'
    ? 'wrk'
    : 'autocannon'

/** Clients that send requests until they are stopped. They can be paused. */
export interface RunningLoad {
  halt(): void
  resume(): void
  stop(): Promise<LoadResult>
}

export function startLoad(options: LoadOptions): RunningLoad {
  const [command, ...args] = pinned(LOAD_CORE, toolCommand(options, fileOf(options.credentials)))
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const output = text(child.stdout)
  const ended = once(child, 'exit')
  // A paused process would not end when the benchmark fails.
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  return {
    halt: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
    stop: async () => {
      child.kill('SIGCONT')
      // A signal may reach a thread of wrk that ignores it.
      const again = setInterval(() => child.kill('SIGINT'), 200)
      await ended
      clearInterval(again)
      process.removeListener('exit', kill)
      const result = JSON.parse((await output).trim().split('\n').at(-1) ?? '') as LoadResult
      if (result.failed > result.requests / 100) throw new Error(`${result.failed} requests had no response`)
      return result
    },
  }
}

/** The tools need a duration. Every load is stopped before it. */
const LONGEST_SECONDS = 3600

function toolCommand(options: LoadOptions, credentials: string): [string, ...string[]] {
  const { port, carrying, connections, pauseMs } = options
  const url = `http://127.0.0.1:${port}/`
  if (LOAD_TOOL === 'autocannon') {
    const program = join(import.meta.dirname, 'load-autocannon.ts')
    return [
      process.execPath,
      program,
      JSON.stringify({ ...options, url, credentials, seconds: LONGEST_SECONDS }),
    ]
  }
  // One thread per connection, because a script of wrk knows its thread but not its connection.
  return [
    'wrk',
    `--threads=${connections}`,
    `--connections=${connections}`,
    `--duration=${LONGEST_SECONDS}s`,
    '--timeout=10s',
    `--script=${join(import.meta.dirname, 'wrk.lua')}`,
    url,
    '--',
    credentials,
    carrying,
    String(pauseMs),
  ]
}

const files = new Map<readonly string[], string>()
process.once('exit', () => {
  for (const file of files.values()) rmSync(file, { force: true })
})

/** The credentials are too long for the command line. */
function fileOf(credentials: readonly string[]): string {
  const known = files.get(credentials)
  if (known !== undefined) return known
  const file = join(tmpdir(), `bench-credentials-${process.pid}-${files.size}`)
  writeFileSync(file, credentials.join('\n'), { mode: 0o600 })
  files.set(credentials, file)
  return file
}
