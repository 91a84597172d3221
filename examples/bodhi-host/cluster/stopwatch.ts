/** Measures when each instance begins to accept or refuse a credential. */
import { setTimeout as sleep } from 'node:timers/promises'
import { INSTANCE_HEADER, type Target } from './proxy.ts'

/** The measured times of a change, in milliseconds. */
export interface Measured {
  /** When the change was requested, from `performance.now()`. */
  readonly askedAt: number
  /** From the request for the change to its response. */
  readonly answeredMs: number
  /** From the request for the change until the instance applied it, by the instance's number. */
  readonly reachedMs: ReadonlyMap<number, number>
}

const PAUSE_MS = 1
/** Far beyond every documented bound. */
const PATIENCE_MS = 30_000

/** Calls every instance continuously, makes the change, and continues until all respond with `status`. */
export async function measure(
  origin: string,
  targets: readonly Target[],
  credential: string,
  status: number,
  change: () => Promise<void>,
): Promise<Measured> {
  let askedAt = Number.POSITIVE_INFINITY
  const watches = targets.map(async ({ number }) => {
    const deadline = performance.now() + PATIENCE_MS
    while (performance.now() < deadline) {
      const answer = await callInstance(origin, number, credential)
      if (answer === status && performance.now() > askedAt) return [number, performance.now()] as const
      await sleep(PAUSE_MS)
    }
    throw new Error(`Instance ${number} never answered ${status}`)
  })
  const reached = Promise.all(watches)
  reached.catch(() => undefined) // awaited below, unless the change itself fails

  await sleep(50) // all of them are at it
  askedAt = performance.now()
  await change()
  const answeredMs = performance.now() - askedAt
  const reachedMs = new Map((await reached).map(([number, at]) => [number, at - askedAt]))
  return { askedAt, answeredMs, reachedMs }
}

/** Calls one instance through the proxy with a token, and returns the status. */
export async function callInstance(origin: string, instance: number, credential: string): Promise<number> {
  const headers = { authorization: `Bearer ${credential}`, [INSTANCE_HEADER]: String(instance) }
  const answer = await fetch(`${origin}/v1/models`, { headers })
  await answer.arrayBuffer()
  return answer.status
}
