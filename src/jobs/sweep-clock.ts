/**
 * Checks whether this process's clock is correct enough to sweep by it. With a clock that is a year ahead, a sweep would
 * mark every token idle and delete tokens that were revoked today.
 */

import type { Clock } from '../clock.ts'
import { InvalidResult } from '../errors.ts'
import type { TokenStore } from '../store/token-store.ts'

/**
 * Why a sweep changes no token. `clock_differs`: the clock differs from the store's. `clock_behind`: it is behind times in
 * the store. `clock_jumped`: it jumped against the monotonic clock.
 */
export type SweepSuspension = 'clock_differs' | 'clock_behind' | 'clock_jumped'

/** Whether sweeps trust this process's clock. */
export interface SweepStats {
  /** Why the last sweep changed no token; `null` when it worked. */
  readonly suspended: SweepSuspension | null
  /** Milliseconds by which this clock is ahead of the store's, negative behind it; `null` with a clock of the host's own. */
  readonly clockAheadMs: number | null
}

export interface SweepClockDeps {
  readonly clock: Clock
  /** `null` with the option `clock`: that clock is not checked. */
  readonly store: Pick<TokenStore, 'shared' | 'feed' | 'newestStamp'> | null
  readonly log: SweepClockLog
}

export interface SweepClockLog {
  info(message: string): void
  error(details: object, message: string): void
}

/** The maximum difference between two clocks. */
const TOLERANCE_MS = 120_000
/** How long sweeps are suspended after a jump. */
const JUMP_MEMORY_MS = 3_600_000
const SAMPLE_INTERVAL_MS = 60_000

/** The difference between the wall clock and the monotonic clock at a time of the latter. */
interface Sample {
  readonly at: number
  readonly offset: number
}

export class SweepClock {
  readonly #deps: SweepClockDeps
  #samples: Sample[] = []
  #stats: SweepStats = { suspended: null, clockAheadMs: null }
  /** The difference between the two clocks at the last check; `null` if the clock was wrong then. */
  #rightOffset: number | null = null

  constructor(deps: SweepClockDeps) {
    this.#deps = deps
    this.watch()
  }

  /** Call it about every second: it records the difference to the monotonic clock. */
  watch(): void {
    const last = this.#samples.at(-1)
    const sample = this.#sample()
    if (last !== undefined && sample.at - last.at < SAMPLE_INTERVAL_MS) return
    this.#samples = [...this.#samples.filter(({ at }) => sample.at - at <= JUMP_MEMORY_MS), sample]
  }

  /** The time to sweep by; `null` while the clock cannot be trusted. Rejects when the store's time cannot be read. */
  async now(): Promise<number | null> {
    const { clock, store } = this.#deps
    if (store === null) return clock.now()
    const { offset } = this.#sample()
    const before = clock.now()
    // Reads only the store's time: there are no changes in the far future.
    const { now: storeNow } = await store.feed.changesSince(Number.MAX_SAFE_INTEGER)
    if (!Number.isFinite(storeNow)) {
      throw new InvalidResult('feed.changesSince() of the store must return now, its time in milliseconds')
    }
    const aheadMs = outsideOf(before, clock.now(), storeNow)
    const suspended = Math.abs(aheadMs) > TOLERANCE_MS ? 'clock_differs' : await this.#localFault(before)
    this.#rightOffset = suspended === null ? offset : null
    this.#settle({ suspended, clockAheadMs: aheadMs })
    return suspended === null ? before : null
  }

  /** Whether the clock was right at the last check and has not jumped since. Reads no store. */
  isTrusted(): boolean {
    if (this.#deps.store === null) return true
    return this.#rightOffset !== null && Math.abs(this.#sample().offset - this.#rightOffset) <= TOLERANCE_MS
  }

  /**
   * Whether device authorizations and leases, which end by the store's clock, may be deleted. Not while the store's clock
   * may be ahead: a lease that prevents a second use of a JWT would be deleted too early.
   */
  mayPruneByStoreClock(): boolean {
    const { suspended, clockAheadMs } = this.#stats
    if (suspended === 'clock_differs') return Number(clockAheadMs) > 0
    return suspended !== 'clock_jumped'
  }

  stats(): SweepStats {
    return this.#stats
  }

  /** A store that is not shared uses this machine's clock, so the clock is compared with its own past. */
  async #localFault(now: number): Promise<SweepSuspension | null> {
    const { store } = this.#deps
    if (store === null || store.shared) return null
    const { at, offset } = this.#sample()
    const recent = this.#samples.filter((sample) => at - sample.at <= JUMP_MEMORY_MS)
    if (recent.some((sample) => Math.abs(sample.offset - offset) > TOLERANCE_MS)) return 'clock_jumped'
    const newest = await store.newestStamp?.()
    return newest !== undefined && newest !== null && now < newest - TOLERANCE_MS ? 'clock_behind' : null
  }

  #settle(stats: SweepStats): void {
    const before = this.#stats.suspended
    this.#stats = stats
    if (stats.suspended === before) return
    const { log } = this.#deps
    if (stats.suspended === null) log.info('the clock is right again: the sweep of API tokens continues')
    else log.error({ ...stats }, `the sweep of API tokens changes no token: ${REASONS[stats.suspended]}`)
  }

  #sample(): Sample {
    const at = performance.now()
    return { at, offset: this.#deps.clock.now() - at }
  }
}

const REASONS: Readonly<Record<SweepSuspension, string>> = {
  clock_differs: 'the clock of this machine and that of the database are more than two minutes apart',
  clock_behind: 'the clock of this machine is more than two minutes behind the newest time in the store',
  clock_jumped: 'the clock of this machine jumped by more than two minutes within the last hour',
}

/** How far a period lies after a time; negative before it, 0 if the period contains it. */
function outsideOf(from: number, to: number, moment: number): number {
  if (moment < from) return from - moment
  return moment > to ? to - moment : 0
}
