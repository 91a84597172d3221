/** Makes the database say what is already true: that a token is idle, and that what ended long ago is gone. */

import type { Clock } from '../clock.ts'
import type { TokenStore } from '../store/token-store.ts'
import type { TokenRecord } from '../token/token.ts'
import type { UsageRecorder } from './usage-recorder.ts'
import { startOfDay } from './utc-day.ts'

export interface SweeperParts {
  readonly store: Pick<
    TokenStore,
    'markIdle' | 'warnIdle' | 'prune' | 'pruneDailyUses' | 'pruneLeases' | 'devices'
  >
  readonly recorder: UsageRecorder
  readonly clock: Clock
  readonly idleTimeoutMs: number | null
  readonly idleWarningMs: number | null
  readonly flushIntervalMs: number
  readonly retentionMs: number
  readonly dailyRetentionMs: number
  onIdle(token: TokenRecord): void
  /** Whether anybody would hear a warning; without that none is taken for given. */
  hearsIdleSoon(): boolean
  onIdleSoon(token: TokenRecord): void
}

/** What a sweep did. */
export interface SweepResult {
  /** Tokens marked idle. */
  readonly idle: number
  /** Tokens that were told of as soon to be idle. */
  readonly idleSoon: number
  /** Ended tokens deleted after their retention. */
  readonly pruned: number
}

/** For so long a program that polls on is told that its codes have expired, and not that they never were. */
const DEVICE_MEMORY_MS = 60 * 60 * 1000
/** Rows per statement. */
const BATCH = 500
/** Statements per sweep: what is left waits for the next one. */
const MAX_BATCHES = 20

/** Sweeps once. Rejects when the store cannot; what was done until then stays done. */
export async function sweep(parts: SweeperParts): Promise<SweepResult> {
  await parts.recorder.flush()
  const now = parts.clock.now()
  const idle = await markIdle(parts, now)
  const idleSoon = await warnIdle(parts, now)
  const pruned = await prune(parts, now)
  await pruneDailyUses(parts, now)
  await inBatches(() => parts.store.pruneLeases(BATCH))
  await inBatches(() => parts.store.devices.prune(now - DEVICE_MEMORY_MS, BATCH))
  return { idle, idleSoon, pruned }
}

async function markIdle(
  { store, idleTimeoutMs, flushIntervalMs, onIdle }: SweeperParts,
  now: number,
): Promise<number> {
  if (idleTimeoutMs === null) return 0
  // Use that another instance has not flushed yet gets two of its intervals to arrive.
  const idleBefore = now - idleTimeoutMs - 2 * flushIntervalMs
  return inBatches(async () => {
    const marked = await store.markIdle(idleBefore, BATCH)
    for (const token of marked) onIdle(token)
    return marked.length
  })
}

async function warnIdle(parts: SweeperParts, now: number): Promise<number> {
  const { store, recorder, idleTimeoutMs, idleWarningMs, flushIntervalMs } = parts
  if (idleTimeoutMs === null || idleWarningMs === null || !parts.hearsIdleSoon()) return 0
  const since = now - idleTimeoutMs
  // As above: use of another instance gets time to arrive, but not longer than the warning is.
  const before = since + idleWarningMs - Math.min(2 * flushIntervalMs, Math.floor(idleWarningMs / 2))
  let told = 0
  await inBatches(async () => {
    const warned = await store.warnIdle({ since, before, now }, BATCH)
    // What was used here since the flush begins another spell.
    const soon = warned.filter((token) => recorder.lastUsedAt(token.id) <= token.idleFrom)
    for (const token of soon) parts.onIdleSoon(token)
    told += soon.length
    return warned.length
  })
  return told
}

async function prune({ store, retentionMs }: SweeperParts, now: number): Promise<number> {
  return inBatches(() => store.prune(now - retentionMs, BATCH))
}

async function pruneDailyUses({ store, dailyRetentionMs }: SweeperParts, now: number): Promise<number> {
  return inBatches(() => store.pruneDailyUses(startOfDay(now - dailyRetentionMs), BATCH))
}

async function inBatches(step: () => Promise<number>): Promise<number> {
  let total = 0
  for (let batches = 0; batches < MAX_BATCHES; batches += 1) {
    const done = await step()
    total += done
    if (done < BATCH) break
  }
  return total
}
