/** Compares the latency of two servers: the p99 with 50 connections, or one connection with one request at a time. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { LatencyComparison } from './comparisons.ts'
import { LOAD_CORE, pinned } from './cores.ts'
import type { ClientStart, LatencySlice, SliceRequest } from './latency-client.ts'
import { type Effort, inRuns, inTurn, type Order, type Pair, ratiosOf } from './pairs.ts'
import { startServers } from './servers.ts'
import { type Estimate, estimate } from './statistics.ts'

export interface ComparedLatency extends LatencyComparison {
  readonly slices: number
  /** The latency of `variant`, divided by that of `of`. */
  readonly ratio: Estimate
  /** The median over the slices, in milliseconds. */
  readonly latency: { readonly variant: number; readonly of: number }
  /** The requests per second of `variant`. */
  readonly perSecond: number
}

const SLICE_MS = 1_000
const CONNECTIONS = { p99: 50, single: 1 } as const
/** The value of a slice. */
const VALUE = { p99: 'p99', single: 'median' } as const

export async function compareLatency(
  comparison: LatencyComparison,
  effort: Effort,
): Promise<ComparedLatency> {
  const pairs = await inRuns(effort, (slices, order) => runPairs(comparison, slices, order, effort.warmUpMs))
  const sliceValue = (slice: LatencySlice) => slice[VALUE[comparison.measure]]
  const medianOf = (slices: readonly LatencySlice[]) => estimate(slices.map(sliceValue)).median
  const variant = pairs.map((pair) => pair.variant)
  return {
    ...comparison,
    slices: pairs.length,
    ratio: estimate(ratiosOf(pairs, sliceValue)),
    latency: { variant: medianOf(variant), of: medianOf(pairs.map(({ before }) => before)) },
    perSecond: Math.round(estimate(variant.map(({ perSecond }) => perSecond)).median),
  }
}

async function runPairs(
  { measure, variant, of }: LatencyComparison,
  slices: number,
  order: Order,
  warmUpMs: number,
): Promise<readonly Pair<LatencySlice>[]> {
  const server = await startServers(order.of === 0 ? [of, variant] : [variant, of])
  try {
    const client = await startClient({ endpoints: server.endpoints, connections: CONNECTIONS[measure] })
    try {
      const sliceOf =
        (endpoint: number, ms = SLICE_MS) =>
        () =>
          client.measure({ endpoint, ms })
      await sliceOf(order.of, warmUpMs)()
      await sliceOf(order.variant, warmUpMs)()
      return await inTurn(slices, sliceOf(order.of), sliceOf(order.variant))
    } finally {
      client.stop()
    }
  } finally {
    await server.stop()
  }
}

interface LatencyClient {
  measure(slice: SliceRequest): Promise<LatencySlice>
  stop(): void
}

async function startClient(start: ClientStart): Promise<LatencyClient> {
  const program = join(import.meta.dirname, 'latency-client.ts')
  const [command, ...args] = pinned(LOAD_CORE, [process.execPath, program])
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const failed = once(child, 'exit').then(() => Promise.reject(new Error('the client ended')))
  failed.catch(() => undefined)
  const ask = async (message: ClientStart | SliceRequest) => {
    const answer = once(child, 'message')
    child.send(message)
    return (await Promise.race([answer, failed]))[0]
  }
  await ask(start)
  return { measure: ask, stop: () => child.kill() }
}
