/** What a flood of forged tokens costs a good client: how long it waits for the slowest hundredth of its answers. */

import { setTimeout as sleep } from 'node:timers/promises'
import { startLoad } from './load.ts'
import { startServers } from './servers.ts'
import { type Estimate, estimate } from './statistics.ts'
import { forge } from './variants/plugin.ts'

export interface Flooded {
  readonly slices: number
  /** A good client's 99th percentile while half the load is forged, by the same while all of it is good. */
  readonly ratio: Estimate
  /** Requests a second, all told. */
  readonly perSecond: number
}

interface Slice {
  /** Milliseconds. */
  readonly p99: number
  readonly perSecond: number
}

const WARM_UP_MS = 3_000
/** A hundredth of what the watched clients send in it are some fifty answers. */
const SLICE_MS = 2_000
const HALF_OF_CONNECTIONS = 25
/** Between two requests of a client: all of them together send some thousands a second. */
const PAUSE_MS = 10

/** Half the clients are watched; what the other half sends is good in one slice and forged in the next. */
export async function flood(slices: number): Promise<Flooded> {
  const server = await startServers(['warm'])
  const [{ port, credentials }] = server.endpoints
  const forgeries = credentials.map(forge)
  const half = { port, connections: HALF_OF_CONNECTIONS, pauseMs: PAUSE_MS }
  const slice = async (others: readonly string[], ms = SLICE_MS): Promise<Slice> => {
    const loads = [
      startLoad({ ...half, credentials, carrying: 'connection' }),
      startLoad({ ...half, credentials: others, carrying: 'rotating' }),
    ] as const
    await sleep(ms)
    const [watched, rest] = await Promise.all([loads[0].stop(), loads[1].stop()])
    if (watched.refused > 0) throw new Error('a good client was refused')
    return { p99: watched.p99, perSecond: watched.requests / watched.seconds + rest.requests / rest.seconds }
  }
  try {
    await slice(credentials, WARM_UP_MS)
    await slice(forgeries, WARM_UP_MS)
    const ratios: number[] = []
    const rates: number[] = []
    let before = await slice(credentials)
    for (let turn = 0; turn < slices; turn += 1) {
      const flooded = await slice(forgeries)
      const after = await slice(credentials)
      ratios.push(flooded.p99 / ((before.p99 + after.p99) / 2))
      rates.push(flooded.perSecond)
      before = after
    }
    return { slices, ratio: estimate(ratios), perSecond: Math.round(estimate(rates).median) }
  } finally {
    server.stop()
  }
}
