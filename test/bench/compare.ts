/** Measures pairs: a slice of the one, a slice of the other, in turn, so that the machine's drift meets both. */

import type { Comparison } from './comparisons.ts'
import { type LoadOptions, load } from './load.ts'
import type { Server } from './servers.ts'
import { startServer } from './servers.ts'
import { type Estimate, estimate } from './statistics.ts'
import { variantNamed } from './variants/all.ts'

export interface Compared extends Comparison {
  readonly slices: number
  /** Requests a second of the one, by those of the other. */
  readonly ratio: Estimate
  /** The same by the server's processor time for a request, which other load on the machine troubles less. */
  readonly byProcessorTime: number
  /** Requests a second, on this machine. */
  readonly perSecond: number
}

export interface Flooded {
  readonly slices: number
  /** A good client's 99th percentile while half the load is forged, by the same while all of it is good. */
  readonly ratio: Estimate
  /** Requests a second, all told. */
  readonly perSecond: number
}

interface Slice {
  readonly perSecond: number
  readonly cpuPerRequest: number
}

/** Enough for the compiler to have seen everything and for the cache to hold every token. */
const WARM_UP_SECONDS = 3
const CONNECTIONS = 50
/** How often both servers are started for one figure. */
const RUNS = 10
/** Between two requests of a client of the flood: all of them together send some thousands a second. */
const FLOOD_PAUSE_MS = 10

/**
 * Both servers are started anew several times: of two processes of one program each may be lucky or not with the code
 * that the compiler makes for it, and stays so until it ends.
 */
export async function compare(comparison: Comparison, slices: number): Promise<Compared> {
  const pairs: Pair[] = []
  const runs = Math.min(RUNS, slices)
  for (let run = 0; run < runs; run += 1) {
    const size = Math.floor(((run + 1) * slices) / runs) - Math.floor((run * slices) / runs)
    pairs.push(...(await runPairs(comparison, size)))
  }
  return {
    ...comparison,
    slices,
    ratio: estimate(pairs.map((pair) => ratioOf(pair, ({ perSecond }) => perSecond))),
    byProcessorTime: estimate(pairs.map((pair) => 1 / ratioOf(pair, ({ cpuPerRequest }) => cpuPerRequest)))
      .median,
    perSecond: Math.round(estimate(pairs.map(({ variant }) => variant.perSecond)).median),
  }
}

/** A slice of the variant between two of what it is compared with. */
interface Pair {
  readonly before: Slice
  readonly variant: Slice
  readonly after: Slice
}

function ratioOf({ before, variant, after }: Pair, of: (slice: Slice) => number): number {
  return of(variant) / ((of(before) + of(after)) / 2)
}

async function runPairs({ variant: name, of, carrying }: Comparison, slices: number): Promise<Pair[]> {
  const base = await startServer(of)
  const variant = await startServer(name)
  try {
    // A server that checks nothing is sent what the other is sent: the same header costs both the same to parse.
    const own = of === 'bare' ? variant.credentials : base.credentials
    const slice = (server: Server, kind: string, seconds = 1) =>
      measure(server, kind, {
        port: server.port,
        credentials: server === base ? own : variant.credentials,
        carrying,
        connections: CONNECTIONS,
        seconds,
        pauseMs: 0,
      })
    await slice(base, of, WARM_UP_SECONDS)
    await slice(variant, name, WARM_UP_SECONDS)
    const pairs: Pair[] = []
    let before = await slice(base, of)
    for (let turn = 0; turn < slices; turn += 1) {
      const between = await slice(variant, name)
      const after = await slice(base, of)
      pairs.push({ before, variant: between, after })
      before = after
    }
    return pairs
  } finally {
    base.stop()
    variant.stop()
  }
}

async function measure(server: Server, variant: string, options: LoadOptions): Promise<Slice> {
  const before = await server.cpuTime()
  const { requests, seconds, refused } = await load(options)
  const after = await server.cpuTime()
  const expected = variantNamed(variant).answers === 200 ? 0 : requests
  if (Math.abs(refused - expected) > CONNECTIONS)
    throw new Error(`${variant} refused ${refused} of ${requests}`)
  return { perSecond: requests / seconds, cpuPerRequest: (after - before) / requests }
}

/** Half the clients are watched; what the other half sends is good in one slice and forged in the next. */
export async function flood(slices: number, forge: (credential: string) => string): Promise<Flooded> {
  const server = await startServer('warm')
  const { port, credentials } = server
  const forgeries = credentials.map(forge)
  const half = {
    port,
    carrying: 'connection',
    connections: CONNECTIONS / 2,
    pauseMs: FLOOD_PAUSE_MS,
  } as const
  const slice = async (others: readonly string[], seconds = 1) => {
    const [watched, rest] = await Promise.all([
      load({ ...half, credentials, seconds }),
      load({ ...half, credentials: others, carrying: 'rotating', seconds }),
    ])
    if (watched.refused > 0) throw new Error('a good client was refused')
    return { p99: watched.p99, perSecond: watched.requests / watched.seconds + rest.requests / rest.seconds }
  }
  try {
    await slice(credentials, WARM_UP_SECONDS)
    await slice(forgeries, WARM_UP_SECONDS)
    const good = [await slice(credentials)]
    const bad: typeof good = []
    for (let turn = 0; turn < slices; turn += 1) {
      bad.push(await slice(forgeries))
      good.push(await slice(credentials))
    }
    const ratios = bad.map(({ p99 }, turn) => {
      const [before, after] = [good[turn]?.p99 ?? Number.NaN, good[turn + 1]?.p99 ?? Number.NaN]
      return p99 / ((before + after) / 2)
    })
    return {
      slices,
      ratio: estimate(ratios),
      perSecond: Math.round(estimate(bad.map(({ perSecond }) => perSecond)).median),
    }
  } finally {
    server.stop()
  }
}
