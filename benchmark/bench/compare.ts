/** Compares the requests per second and the CPU time per request of two servers. */

import { setTimeout as sleep } from 'node:timers/promises'
import { BARE, type Comparison } from './comparisons.ts'
import { type LoadOptions, type LoadResult, type RunningLoad, startLoad } from './load.ts'
import { type Effort, inRuns, inTurn, type Order, type Pair, ratiosOf } from './pairs.ts'
import { type ServerProcess, startServers } from './servers.ts'
import { type Estimate, estimate } from './statistics.ts'
import { variantNamed } from './variants/all.ts'

export interface Compared extends Comparison {
  readonly slices: number
  /** The requests per second of `variant`, divided by those of `of`. */
  readonly ratio: Estimate
  /** The CPU time per request of `of`, divided by that of `variant`. It includes flushes and garbage collection. */
  readonly byProcessorTime: number
  /** The CPU time of the server process per request, in microseconds. Older results do not have it. */
  readonly cpuPerRequest?: { readonly variant: number; readonly of: number }
  /** The requests per second of `variant`. */
  readonly perSecond: number
}

interface Slice {
  readonly requests: number
  readonly seconds: number
  /** CPU time of the server process in microseconds. */
  readonly cpu: number
}

/** A shared machine drifts within a second. In short slices the drift affects neighboring slices about equally. */
const SLICE_MS = 100
/** Until the clients run again and the open requests of the other server have their response. */
const SETTLE_MS = 5
const CONNECTIONS = 50

export async function compare(comparison: Comparison, effort: Effort): Promise<Compared> {
  const pairs = await inRuns(effort, (slices, order) => runPairs(comparison, slices, order, effort.warmUpMs))
  const variant = pairs.map((pair) => pair.variant)
  const cpuPerRequest = {
    variant: cpuPerRequestOf(variant),
    of: cpuPerRequestOf(pairs.map(({ before }) => before)),
  }
  return {
    ...comparison,
    slices: pairs.length,
    ratio: estimate(ratiosOf(pairs, perSecond)),
    byProcessorTime: cpuPerRequest.of / cpuPerRequest.variant,
    cpuPerRequest,
    perSecond: Math.round(estimate(variant.map(perSecond)).median),
  }
}

function perSecond({ requests, seconds }: Slice): number {
  return requests / seconds
}

function cpuPerRequestOf(slices: readonly Slice[]): number {
  const sum = (of: (slice: Slice) => number) => slices.reduce((total, slice) => total + of(slice), 0)
  return sum(({ cpu }) => cpu) / sum(({ requests }) => requests)
}

async function runPairs(
  { variant, of, carrying }: Comparison,
  slices: number,
  order: Order,
  warmUpMs: number,
): Promise<readonly Pair<Slice>[]> {
  const server = await startServers(order.of === 0 ? [of, variant] : [variant, of])
  const { endpoints } = server
  const credentialsOf = (index: 0 | 1) =>
    // Bare Fastify receives the credentials of the other server, because the size of the header affects the parser.
    endpoints[index === order.of && of === BARE ? order.variant : index].credentials
  const loadOf = async (index: 0 | 1) => {
    const options = { carrying, connections: CONNECTIONS, pauseMs: 0 }
    return warmUp({ port: endpoints[index].port, credentials: credentialsOf(index), ...options }, warmUpMs)
  }
  try {
    const loads = [await loadOf(0), await loadOf(1)] as const
    const sliceOf = (index: 0 | 1) => () => measure(server, index, loads[index])
    const pairs = await inTurn(slices, sliceOf(order.of), sliceOf(order.variant))
    requireAnswers(of, await loads[order.of].stop())
    requireAnswers(variant, await loads[order.variant].stop())
    return pairs
  } finally {
    await server.stop()
  }
}

async function warmUp(options: LoadOptions, ms: number): Promise<RunningLoad> {
  const load = startLoad(options)
  await sleep(ms)
  load.halt()
  return load
}

/** By the clock and the counters of the server, so that the load before and after the slice does not count. */
async function measure(
  server: Pick<ServerProcess<[]>, 'read'>,
  endpoint: 0 | 1,
  load: RunningLoad,
): Promise<Slice> {
  load.resume()
  await sleep(SETTLE_MS)
  const begin = await server.read()
  await sleep(SLICE_MS)
  const end = await server.read()
  load.halt()
  return {
    requests: (end.answered[endpoint] ?? 0) - (begin.answered[endpoint] ?? 0),
    seconds: (end.at - begin.at) / 1000,
    cpu: end.cpu - begin.cpu,
  }
}

function requireAnswers(name: string, { requests, refused }: LoadResult): void {
  const expected = variantNamed(name).answers === 200 ? 0 : requests
  if (Math.abs(refused - expected) > CONNECTIONS) {
    throw new Error(`${name}: ${refused} of ${requests} responses had a status of 400 or above`)
  }
}
