/** The clients: `wrk` where it is installed, `autocannon` otherwise, on a core of their own where there are two. */

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { LOAD_CORE, pinned } from './cores.ts'

/** One credential per connection, as clients have it, or one after another on each, as behind a proxy. */
export type Carrying = 'connection' | 'rotating'

export interface LoadOptions {
  readonly port: number
  readonly credentials: readonly string[]
  readonly carrying: Carrying
  readonly connections: number
  /** How long a client waits between two requests, in milliseconds; 0: not at all. */
  readonly pauseMs: number
}

export interface LoadResult {
  readonly requests: number
  readonly seconds: number
  /** Answers of 400 and above. */
  readonly refused: number
  /** Requests without an answer. */
  readonly failed: number
  /** Milliseconds. */
  readonly p99: number
}

export const LOAD_TOOL =
  spawnSync('wrk', ['--version']).error === undefined && process.env['BENCH_LOAD'] !== 'autocannon'
    ? 'wrk'
    : 'autocannon'

/** Clients that go on until they are stopped, and can be halted in the midst of what they do. */
export interface InFlightRead {
  halt(): void
  resume(): void
  stop(): Promise<LoadResult>
}

export function startLoad(options: LoadOptions): InFlightRead {
  const [command, ...args] = pinned(LOAD_CORE, toolCommand(options, fileOf(options.credentials)))
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const output = text(child.stdout)
  const ended = once(child, 'exit')
  // What is halted would not end by itself when the benchmark ends by an error.
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  return {
    halt: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
    stop: async () => {
      child.kill('SIGCONT')
      // One may meet a thread of wrk's that is not its first, which sleeps on.
      const again = setInterval(() => child.kill('SIGINT'), 200)
      await ended
      clearInterval(again)
      process.removeListener('exit', kill)
      const result = JSON.parse((await output).trim().split('\n').at(-1) ?? '') as LoadResult
      if (result.failed > result.requests / 100) throw new Error(`${result.failed} requests had no answer`)
      return result
    },
  }
}

/** Longer than any load goes on: each is stopped. */
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
  // A thread each: only so does a connection of wrk's know which it is.
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

function fileOf(credentials: readonly string[]): string {
  const file = files.get(credentials) ?? join(tmpdir(), `bench-credentials-${process.pid}-${files.size}`)
  if (!files.has(credentials)) writeFileSync(file, credentials.join('\n'), { mode: 0o600 })
  files.set(credentials, file)
  return file
}
