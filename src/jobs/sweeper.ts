/** The sweep: updates the stored status of idle tokens, emits idle warnings, and deletes tokens that ended long ago. */

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { TokenStore } from '../store/token-store.ts'
import type { TokenRecord } from '../token/token.ts'
import { startOfDay } from '../utc-day.ts'

/** The members of the usage recorder that the sweep needs. */
interface RecordedUses {
  flushDue(): Promise<void>
  /** Milliseconds since the epoch; 0 without a known use. */
  lastUsedAt(tokenId: string): number
}

export interface SweeperDeps {
  readonly store: Pick<TokenStore, 'markIdle' | 'listIdleWarnings' | 'prune' | 'devices'>
  readonly recorder: RecordedUses
  readonly idleTimeoutMs: number | null
  /** The maximum age of tokens; `null` without one. */
  readonly maxAgeMs: number | null
  readonly idleWarningMs: number | null
  readonly flushIntervalMs: number
  readonly retentionMs: number
  readonly dailyRetentionMs: number
  /** The time; `null` while the clock cannot be trusted: then no token is changed or deleted. */
  now(): Promise<number | null>
  /** Whether device authorizations and leases may be deleted, as of the last `now`. */
  mayPruneByStoreClock(): boolean
  onIdle(token: TokenRecord): void
  /** Whether the event has a listener. Without one, no warning is stored as emitted. */
  hasIdleWarningListener(): boolean
  onIdleWarning(token: TokenRecord): void
}

/** The result of a sweep. */
export interface SweepResult {
  /** Tokens marked idle. */
  readonly idle: number
  /** Tokens whose idle warning was emitted. */
  readonly idleWarning: number
  /** Ended tokens deleted after their retention. */
  readonly pruned: number
}

/** The counts of a sweep in progress. */
type Counts = { -readonly [Name in keyof SweepResult]: number }

/** How long a client that still polls gets `expired_token` instead of an unknown code. */
const DEVICE_MEMORY_MS = 10 * 60 * 1000
/** Rows per statement. */
const BATCH = 500
/** Rows per statement in tables that anonymous callers can fill. This many block the thread for 3 ms on SQLite. */
const SMALL_BATCH = 100
/** Maximum time of a sweep, shorter than its lease. The next sweep continues. */
const LONGEST_MS = 45_000

/** Processes a batch of rows and returns their number. `BATCH` means that there may be more. */
type Job = () => Promise<number>

/**
 * Sweeps until nothing is left. When it rejects, the batches before the error are done.
 *
 * @param stopping Ends the sweep after the current statement.
 */
export async function sweep(deps: SweeperDeps, stopping?: AbortSignal): Promise<SweepResult> {
  await deps.recorder.flushDue()
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
      const pruned = await store.prune(
        { rows: 'tokens', endedBefore: now - retentionMs, maxAgeMs: maxAgeMs },
        BATCH,
      )
      result.pruned += pruned
      return pruned
    },
    () => store.prune({ rows: 'usage', before: startOfDay(now - dailyRetentionMs) }, BATCH),
  ]
}

/** Anonymous callers create these rows, so they are deleted even while this process's clock is wrong. */
function jobsByStoreClock({ store }: SweeperDeps): readonly Job[] {
  return [
    inSmallBatches((limit) => store.prune({ rows: 'leases' }, limit)),
    inSmallBatches(async (limit) => (await store.devices?.prune(DEVICE_MEMORY_MS, limit)) ?? 0),
  ]
}

function inSmallBatches(prune: (limit: number) => Promise<number>): Job {
  return async () => ((await prune(SMALL_BATCH)) === SMALL_BATCH ? BATCH : 0)
}

/** Runs one batch of each job in turn, so that a large job does not delay the others. */
async function untilNothingIsLeft(jobs: readonly Job[], isOver: () => boolean): Promise<void> {
  let left = jobs
  while (left.length > 0) {
    const unfinished: Job[] = []
    for (const job of left) {
      if (isOver()) return
      if ((await job()) >= BATCH) unfinished.push(job)
      // SQLite blocks the thread, so let requests run between the batches.
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
  // Another instance gets two flush intervals to write its uses.
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
  // As above, but at most half of the warning time.
  const before = since + idleWarningMs - Math.min(2 * flushIntervalMs, Math.floor(idleWarningMs / 2))
  const warned = await store.listIdleWarnings({ since, before, now, maxAgeMs }, BATCH)
  // A token that was used here since the flush has begun another idle period.
  const soon = warned.filter((token) => recorder.lastUsedAt(token.id) <= token.idleFrom)
  for (const token of soon) deps.onIdleWarning(token)
  result.idleWarning += soon.length
  return warned.length
}
