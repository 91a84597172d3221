/** The clients: `wrk` where it is installed, `autocannon` otherwise, on a core of their own where there are two. */

import { execFile, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { LOAD_CORE, pinned } from './cores.ts'

/** One credential per connection, as clients have it, or one after another on each, as behind a proxy. */
export type Carrying = 'connection' | 'rotating'

export interface LoadOptions {
  readonly port: number
  readonly credentials: readonly string[]
  readonly carrying: Carrying
  readonly connections: number
  readonly seconds: number
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

/** Loads a server for so long, and counts. */
export async function load(options: LoadOptions): Promise<LoadResult> {
  const credentials = fileOf(options.credentials)
  const [command, ...args] = pinned(LOAD_CORE, toolCommand(options, credentials))
  const { stdout } = await promisify(execFile)(command, args, { maxBuffer: 1 << 24 })
  const result = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as LoadResult
  if (result.failed > result.requests / 100) throw new Error(`${result.failed} requests had no answer`)
  return result
}

function toolCommand(options: LoadOptions, credentials: string): [string, ...string[]] {
  const { port, carrying, connections, seconds, pauseMs } = options
  const url = `http://127.0.0.1:${port}/`
  if (LOAD_TOOL === 'autocannon') {
    const program = join(import.meta.dirname, 'load-autocannon.ts')
    return [process.execPath, program, JSON.stringify({ ...options, url, credentials })]
  }
  // A thread each: only so does a connection of wrk's know which it is.
  return [
    'wrk',
    `--threads=${connections}`,
    `--connections=${connections}`,
    `--duration=${seconds}s`,
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
