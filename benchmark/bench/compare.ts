/** Measures pairs: a slice of the one, a slice of the other, in turn, so that the machine's drift meets both. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Comparison } from './comparisons.ts'
import { type InFlightRead, type LoadOptions, type LoadResult, startLoad } from './load.ts'
import { type ServerProcess, startServers } from './servers.ts'
import { type Estimate, estimate } from './statistics.ts'
import { variantNamed } from './variants/all.ts'

export interface Compared extends Comparison {
  readonly slices: number
  /** Requests a second of the one, by those of the other. */
  readonly ratio: Estimate
  /** The server's processor time for a request over all slices, of the other by the one: what is rare counts here too. */
  readonly byProcessorTime: number
  /** Requests a second, on this machine. */
  readonly perSecond: number
}

interface Pair {
  readonly before: Slice
  readonly variant: Slice
  readonly after: Slice
}

interface Slice {
  readonly requests: number
  readonly seconds: number
  /** Microseconds of the server's processor. */
  readonly cpu: number
}

/** Enough for the compiler to have seen everything and for the cache to hold every token. */
const WARM_UP_MS = 2_000
/** A machine that others share drifts within a second: the shorter a slice, the more of that meets its neighbours too. */
const SLICE_MS = 100
/** Until the clients are under way again, and what was left of the others is answered. */
const SETTLE_MS = 5
const CONNECTIONS = 50
/** After so many slices the process is restarted. */
const SLICES_OF_A_RUN = 40

/** Which of a process's two servers is which. */
interface Order {
  readonly of: 0 | 1
  readonly variant: 0 | 1
}

const VARIANT_LAST: Order = { of: 0, variant: 1 }
const VARIANT_FIRST: Order = { of: 1, variant: 0 }

/**
 * Both listen in one process, and that process is restarted several times: of two processes of one program one may be a
 * fifth faster than the other, by its luck with memory and with the compiler, and stays so until it ends. Of two in one
 * process the one that was started last is the faster by two hundredths: they take turns.
 */
export async function compare(comparison: Comparison, slices: number): Promise<Compared> {
  const pairs: Pair[] = []
  const perRun = Math.ceil(slices / Math.ceil(slices / SLICES_OF_A_RUN))
  for (let run = 0; pairs.length < slices; run += 1) {
    const order = run % 2 === 0 ? VARIANT_LAST : VARIANT_FIRST
    pairs.push(...(await runPairs(comparison, Math.min(perRun, slices - pairs.length), order)))
  }
  const of = pairs.map(({ before }) => before)
  const variant = pairs.map((pair) => pair.variant)
  return {
    ...comparison,
    slices: pairs.length,
    ratio: estimate(pairs.map(ratioOf)),
    byProcessorTime: cpuPerRequest(of) / cpuPerRequest(variant),
    perSecond: Math.round(estimate(variant.map(perSecond)).median),
  }
}

/** The drift of the machine meets both: the one slice lies between the two others. */
function ratioOf({ before, variant, after }: Pair): number {
  return perSecond(variant) / ((perSecond(before) + perSecond(after)) / 2)
}

function perSecond({ requests, seconds }: Slice): number {
  return requests / seconds
}

function cpuPerRequest(slices: readonly Slice[]): number {
  const sum = (of: (slice: Slice) => number) => slices.reduce((total, slice) => total + of(slice), 0)
  return sum(({ cpu }) => cpu) / sum(({ requests }) => requests)
}

async function runPairs(
  { variant, of, carrying }: Comparison,
  slices: number,
  order: Order,
): Promise<Pair[]> {
  const server = await startServers(order.of === 0 ? [of, variant] : [variant, of])
  const { endpoints } = server
  const credentialsOf = (index: 0 | 1) =>
    // A server that checks nothing is sent what the other is sent: the same header costs both the same to parse.
    endpoints[index === order.of && of === 'bare' ? order.variant : index].credentials
  const loadOf = (index: 0 | 1) =>
    warmUp({
      port: endpoints[index].port,
      credentials: credentialsOf(index),
      carrying,
      connections: CONNECTIONS,
      pauseMs: 0,
    })
  try {
    const loads = [await loadOf(0), await loadOf(1)] as const
    const sliceOf = (index: 0 | 1) => measure(server, index, loads[index])
    const pairs: Pair[] = []
    let before = await sliceOf(order.of)
    for (let turn = 0; turn < slices; turn += 1) {
      const between = await sliceOf(order.variant)
      const after = await sliceOf(order.of)
      pairs.push({ before, variant: between, after })
      before = after
    }
    requireAnswers(of, await loads[order.of].stop())
    requireAnswers(variant, await loads[order.variant].stop())
    return pairs
  } finally {
    server.stop()
  }
}

async function warmUp(options: LoadOptions): Promise<InFlightRead> {
  const load = startLoad(options)
  await sleep(WARM_UP_MS)
  load.halt()
  return load
}

/** The server's own clock and counts: load before and after a slice does not count. */
async function measure(
  server: Pick<ServerProcess<[]>, 'read'>,
  endpoint: 0 | 1,
  load: InFlightRead,
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
  if (Math.abs(refused - expected) > CONNECTIONS) throw new Error(`${name} refused ${refused} of ${requests}`)
}
