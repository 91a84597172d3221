/** Makes the database say what is already true: that a token is idle, and that one which ended long ago is gone. */

import type { Clock } from '../clock.ts'
import type { TokenStore } from '../store/token-store.ts'
import type { TokenRecord } from '../token/token.ts'
import type { UsageRecorder } from './usage-recorder.ts'

export interface SweeperParts {
  readonly store: Pick<TokenStore, 'markIdle' | 'prune'>
  readonly recorder: UsageRecorder
  readonly clock: Clock
  readonly idleTimeoutMs: number | null
  readonly flushIntervalMs: number
  readonly retentionMs: number
  onIdle(token: TokenRecord): void
}

/** What a sweep did. */
export interface SweepResult {
  /** Tokens marked idle. */
  readonly idle: number
  /** Ended tokens deleted after their retention. */
  readonly pruned: number
}

/** Rows per statement. */
const BATCH = 500
/** Statements per sweep: what is left waits for the next one. */
const MAX_BATCHES = 20

/** Sweeps once. Rejects when the store cannot; what was done until then stays done. */
export async function sweep(parts: SweeperParts): Promise<SweepResult> {
  await parts.recorder.flush()
  const now = parts.clock.now()
  return { idle: await markIdle(parts, now), pruned: await prune(parts, now) }
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

async function prune({ store, retentionMs }: SweeperParts, now: number): Promise<number> {
  return inBatches(() => store.prune(now - retentionMs, BATCH))
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
