/** Processes of a host that die at a chosen statement of what they do, and what they said until then. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import type { SigningJwk } from '../../src/index.ts'
import { uncaughtEnvironment } from '../support/fail-on-uncaught.ts'
import type { SqlDatabase } from '../support/sql-databases.ts'
import { within } from '../support/within.ts'
import { bundleProgram } from './bundle.ts'

/** The work of a process. */
export type Deed =
  | { readonly name: 'issue'; readonly userId: string }
  | { readonly name: 'rotate'; readonly tokenId: string }
  | { readonly name: 'use'; readonly credential: string }
  /** Uses each credential, flushes, uses each again, revokes a token, and flushes, which is watched. */
  | {
      readonly name: 'flush'
      readonly credentials: readonly string[]
      readonly flushed: number
      readonly used: number
      readonly revoked: string
    }
  /** The sweep of every minute, now, and again at each message. */
  | { readonly name: 'sweep' }

/** The statement, counted from 1, and the moment: before it was sent, before its result, or after. */
export interface Point {
  readonly statement: number
  readonly moment: 'before' | 'sent' | 'after'
}

export interface Order {
  readonly address: string
  readonly key: SigningJwk
  /** How far the process's clock is ahead, in milliseconds. */
  readonly aheadMs: number
  /** `null`: it lives. */
  readonly kill: Point | null
  readonly does: Deed
}

/** The lines that a process prints. */
export type Line =
  | { readonly statement: number; readonly connection: number | null }
  | { readonly answered: true }
  | { readonly answer: string }

export interface Death {
  /** Whether it died of the signal. */
  readonly killed: boolean
  readonly statements: number
  /** Its response; `undefined` if it was killed before. */
  readonly answer: string | undefined
}

/** A process that sweeps, and lives. */
export interface Sweeping {
  /** How many statements of its sweeps have been answered. */
  answered(): number
  /** Returns the number once it no longer grows: the database has committed the last before it is counted here. */
  allAnswered(): Promise<number>
  sweep(): void
}

export interface Dying {
  /** Runs a process to its end. When it returns, the server has noticed it too. */
  runOut(database: SqlDatabase, order: Order): Promise<Death>
  /** Starts a process that sweeps until the test ends. */
  startSweeping(t: Test, order: Omit<Order, 'kill' | 'does'>): Sweeping
}

/** Bundles the program into that folder. */
export async function makeDying(folder: string): Promise<Dying> {
  await bundleProgram('dying-instance', folder)
  const start = (order: Order) => startIn(folder, order)
  return {
    runOut: (database, order) => endOf(database, start(order)),
    startSweeping: (t, order) => {
      const { child, lines } = start({ ...order, kill: null, does: { name: 'sweep' } })
      t.teardown(() => child.kill('SIGKILL'))
      const answered = () => lines.filter((line) => 'answered' in line).length
      return {
        answered,
        allAnswered: async () => {
          let last = -1
          for (; last !== answered(); await sleep(QUIET_MS)) last = answered()
          return last
        },
        sweep: () => {
          child.send('sweep')
        },
      }
    },
  }
}

/** All points of that many statements, in their order, and the one behind the last. */
export function pointsOf(statements: number, moments: readonly Point['moment'][]): readonly Point[] {
  const numbers = Array.from({ length: statements }, (_, n) => n + 1)
  const points = numbers.flatMap((statement) => moments.map((moment) => ({ statement, moment })))
  return [...points, { statement: statements + 1, moment: 'before' }]
}

/** So many of the points, from the first to the last. */
export function spread(points: readonly Point[], count: number): readonly Point[] {
  return Array.from({ length: count }, (_, n) => {
    const point = points[Math.round((n * (points.length - 1)) / (count - 1))]
    if (point === undefined) throw new Error('there are points')
    return point
  })
}

const LONGEST_MS = 30_000
const QUIET_MS = 300

interface Started {
  readonly child: ChildProcess
  readonly lines: readonly Line[]
}

function startIn(folder: string, order: Order): Started {
  const child = spawn(process.execPath, [join(folder, 'dying-instance.mjs'), JSON.stringify(order)], {
    // It dies before it could say what it has covered.
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: join(folder, 'compiled'),
      ...uncaughtEnvironment(),
    },
    stdio: ['ignore', 'pipe', 'inherit', ...(order.does.name === 'sweep' ? (['ipc'] as const) : [])],
  })
  const lines: Line[] = []
  if (child.stdout === null) throw new Error('it has a pipe')
  createInterface(child.stdout).on('line', (line) => lines.push(JSON.parse(line)))
  return { child, lines }
}

async function endOf(database: SqlDatabase, { child, lines }: Started): Promise<Death> {
  // A process that never reaches the point continues to sweep.
  const waited = setTimeout(() => child.kill('SIGTERM'), LONGEST_MS)
  const [code, signal] = await once(child, 'close')
  clearTimeout(waited)
  if (code !== 0 && signal !== 'SIGKILL') throw new Error(`the process ended with ${code ?? signal}`)
  await disconnected(database, lines)
  return {
    killed: signal === 'SIGKILL',
    // The end of all counts as one.
    statements: lines.filter((line) => 'statement' in line).length - 1,
    answer: lines.flatMap((line) => ('answer' in line ? [line.answer] : []))[0],
  }
}

/** Waits until the server has committed or rolled back the open transactions. */
async function disconnected({ name, run }: SqlDatabase, lines: readonly Line[]): Promise<void> {
  if (name === 'SQLite') return
  const connections = new Set(lines.flatMap((line) => ('connection' in line ? [line.connection] : [])))
  const ids = [...connections].filter((id) => id !== null)
  if (ids.length === 0) return
  const living =
    name === 'PostgreSQL'
      ? `select pid from pg_stat_activity where pid in (${ids})`
      : `select id from information_schema.processlist where id in (${ids})`
  await within(10_000, async () => (await run(living)).length === 0)
}
