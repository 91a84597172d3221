/** Measures the p99 of valid clients while half of the load has invalid signatures. */

import { setTimeout as sleep } from 'node:timers/promises'
import { FLOOD_TARGET } from './comparisons.ts'
import { startLoad } from './load.ts'
import { inTurn, ratiosOf } from './pairs.ts'
import { startServers } from './servers.ts'
import { type Estimate, estimate } from './statistics.ts'
import { forge } from './variants/plugin.ts'

export interface Flooded {
  readonly slices: number
  /** The p99 of a valid client while half of the load has invalid signatures, relative to a load without. */
  readonly ratio: Estimate
  /** The requests per second of all clients. */
  readonly perSecond: number
  /** The maximum of the upper end of the interval. */
  readonly target: number
}

interface Slice {
  /** Milliseconds. */
  readonly p99: number
  readonly perSecond: number
}

const WARM_UP_MS = 3_000
/** The slowest 1 % of the valid clients' responses in a slice are about fifty responses. */
const SLICE_MS = 2_000
const HALF_OF_CONNECTIONS = 25
/** Between two requests of a client. All clients together send some thousand requests per second. */
const PAUSE_MS = 10

/** One half of the clients is always valid and measured. The other half is valid and invalid in turn. */
export async function flood(slices: number): Promise<Flooded> {
  const server = await startServers(['warm'])
  const [{ port, credentials }] = server.endpoints
  const forged = credentials.map(forge)
  const half = { port, connections: HALF_OF_CONNECTIONS, pauseMs: PAUSE_MS }
  const slice = async (others: readonly string[], ms = SLICE_MS): Promise<Slice> => {
    const loads = [
      startLoad({ ...half, credentials, carrying: 'connection' }),
      startLoad({ ...half, credentials: others, carrying: 'rotating' }),
    ] as const
    await sleep(ms)
    const [watched, rest] = await Promise.all([loads[0].stop(), loads[1].stop()])
    if (watched.refused > 0) throw new Error('a valid client was refused')
    return { p99: watched.p99, perSecond: watched.requests / watched.seconds + rest.requests / rest.seconds }
  }
  try {
    await slice(credentials, WARM_UP_MS)
    await slice(forged, WARM_UP_MS)
    const pairs = await inTurn(
      slices,
      () => slice(credentials),
      () => slice(forged),
    )
    return {
      slices,
      ratio: estimate(ratiosOf(pairs, ({ p99 }) => p99)),
      perSecond: Math.round(estimate(pairs.map(({ variant }) => variant.perSecond)).median),
      target: FLOOD_TARGET,
    }
  } finally {
    await server.stop()
  }
}
