/** Makes the database say what is already true: that a token is idle, and that what ended long ago is gone. */

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { TokenStore } from '../store/token-store.ts'
import type { TokenRecord } from '../token/token.ts'
import { startOfDay } from '../utc-day.ts'

/** What the sweep needs of the usage recorder. */
interface RecordedUses {
  flush(): Promise<void>
  /** Milliseconds since the epoch; 0 when no use is known here. */
  lastUsedAt(tokenId: string): number
}

export interface SweeperDeps {
  readonly store: Pick<
    TokenStore,
    'markIdle' | 'listIdleWarnings' | 'prune' | 'pruneDailyUses' | 'pruneLeases' | 'devices'
  >
  readonly recorder: RecordedUses
  readonly idleTimeoutMs: number | null
  /** The age at which every token expires, `null` for none. */
  readonly maxAgeMs: number | null
  readonly idleWarningMs: number | null
  readonly flushIntervalMs: number
  readonly retentionMs: number
  readonly dailyRetentionMs: number
  /** The time by a clock that can be trusted, `null` while there is none: then no token is changed or deleted. */
  now(): Promise<number | null>
  /** Whether what ends by the store's own clock may be deleted, as of the last `now`. */
  mayPruneByStoreClock(): boolean
  onIdle(token: TokenRecord): void
  /** Whether the event has a listener; without one no warning counts as given. */
  hasIdleWarningListener(): boolean
  onIdleWarning(token: TokenRecord): void
}

/** What a sweep did. */
export interface SweepResult {
  /** Tokens marked idle. */
  readonly idle: number
  /** Tokens whose idle warning was emitted. */
  readonly idleWarning: number
  /** Ended tokens deleted after their retention. */
  readonly pruned: number
}

/** The same while it goes on. */
type Counts = { -readonly [Name in keyof SweepResult]: number }

/** How long a program that still polls is told that its codes have expired, not that they are unknown. */
const DEVICE_MEMORY_MS = 10 * 60 * 1000
/** Rows per statement. */
const BATCH = 500
/** The same where anybody can make rows as fast as they like: so many keep SQLite, in this thread, for 3 ms. */
const SMALL_BATCH = 100
/** How long a sweep may take, well within its lease. What is left then waits for the next one. */
const LONGEST_MS = 45_000

/** Works off a batch of rows, and returns how many there were; `BATCH` when there may be more. */
type Job = () => Promise<number>

/**
 * Sweeps until nothing is left. Rejects when the store cannot; what was done until then stays done.
 *
 * @param stopping Ends the sweep early, after the statement that runs.
 */
export async function sweep(deps: SweeperDeps, stopping?: AbortSignal): Promise<SweepResult> {
  await deps.recorder.flush()
  const result: Counts = { idle: 0, idleWarning: 0, pruned: 0 }
  const now = await deps.now()
  const endsAt = performance.now() + LONGEST_MS
  await untilNothingIsLeft(
    [
      ...(now === null ? [] : jobsOnTokens(deps, now, result)),
      ...(deps.mayPruneByStoreClock() ? jobsByStoreClock(deps) : []),
    ],
    () => stopping?.aborted === true || performance.now() > endsAt,
  )
  return result
}

function jobsOnTokens(deps: SweeperDeps, now: number, result: Counts): readonly Job[] {
  const { store, retentionMs, dailyRetentionMs, maxAgeMs } = deps
  return [
    () => markIdle(deps, now, result),
    () => listIdleWarnings(deps, now, result),
    async () => {
      const pruned = await store.prune(now - retentionMs, BATCH, maxAgeMs)
      result.pruned += pruned
      return pruned
    },
    () => store.pruneDailyUses(startOfDay(now - dailyRetentionMs), BATCH),
  ]
}

/** Anonymous callers make such rows, so that they are also deleted while the clock of this process is wrong. */
function jobsByStoreClock({ store }: SweeperDeps): readonly Job[] {
  return [
    inSmallBatches((limit) => store.pruneLeases(limit)),
    inSmallBatches((limit) => store.devices.prune(DEVICE_MEMORY_MS, limit)),
  ]
}

function inSmallBatches(prune: (limit: number) => Promise<number>): Job {
  return async () => ((await prune(SMALL_BATCH)) === SMALL_BATCH ? BATCH : 0)
}

/** A batch of each job in turn, so that none waits for another one that has much to do. */
async function untilNothingIsLeft(jobs: readonly Job[], isOver: () => boolean): Promise<void> {
  let left = jobs
  while (left.length > 0) {
    const unfinished: Job[] = []
    for (const job of left) {
      if (isOver()) return
      if ((await job()) >= BATCH) unfinished.push(job)
      // SQLite works within this thread: requests come between the batches.
      await nextTurn()
    }
    left = unfinished
  }
}

async function markIdle(
  { store, idleTimeoutMs, flushIntervalMs, onIdle }: SweeperDeps,
  now: number,
  result: Counts,
): Promise<number> {
  if (idleTimeoutMs === null) return 0
  // Use that another instance has not flushed yet gets two of its intervals to arrive.
  const idleBefore = now - idleTimeoutMs - 2 * flushIntervalMs
  const marked = await store.markIdle(idleBefore, BATCH)
  for (const token of marked) onIdle(token)
  result.idle += marked.length
  return marked.length
}

async function listIdleWarnings(deps: SweeperDeps, now: number, result: Counts): Promise<number> {
  const { store, recorder, idleTimeoutMs, idleWarningMs, flushIntervalMs, maxAgeMs } = deps
  if (idleTimeoutMs === null || idleWarningMs === null || !deps.hasIdleWarningListener()) return 0
  const since = now - idleTimeoutMs
  // As above: use of another instance gets time to arrive, but not longer than the warning is.
  const before = since + idleWarningMs - Math.min(2 * flushIntervalMs, Math.floor(idleWarningMs / 2))
  const warned = await store.listIdleWarnings({ since, before, now, maxAgeMs }, BATCH)
  // What was used here since the flush begins another spell.
  const soon = warned.filter((token) => recorder.lastUsedAt(token.id) <= token.idleFrom)
  for (const token of soon) deps.onIdleWarning(token)
  result.idleWarning += soon.length
  return warned.length
}
