/** The uses of one token that this instance knows and may not have written yet, by day. */

import type { DailyUses } from '../store/token-store.ts'
import type { LastClient } from '../token/token.ts'
import { DAY_MS } from '../utc-day.ts'

/** A counter. It exists while a cache entry refers to it or it has uses to write. */
export interface PendingUse {
  /** The latest known use, written or not, in milliseconds since the epoch; 0 without one. */
  lastUsedAt: number
  /** Uses of `dayNumber` that are not written yet. If 0, other days have no uses either. */
  count: number
  /** In days (UTC) since the epoch. */
  dayNumber: number
  readonly tokenId: string
  /** Uses of earlier days that are not written yet, after a midnight since the last flush. */
  otherDays: readonly DailyUses[]
  /** The last known `idleFrom` of the row. */
  idleFrom: number
  /** The latest time from which the store is known to count the token's idle timeout, or 0. */
  storedAt: number
  /** The bits of the scopes that were used, written or not, see `usedScopes`. */
  scopesUsed: number
  /** The last required scopes: the next request most often requires the same list. */
  lastRequired: readonly string[] | null
  /** The client of the latest known use, with `usage.lastClient`. */
  client: LastClient | null
  /** How many cache entries and unwritten batches refer to it. */
  holders: number
}

const NO_DAYS: readonly DailyUses[] = []

export function newPendingUse(tokenId: string): PendingUse {
  return {
    lastUsedAt: 0,
    count: 0,
    dayNumber: 0,
    tokenId,
    otherDays: NO_DAYS,
    idleFrom: 0,
    storedAt: 0,
    scopesUsed: 0,
    lastRequired: null,
    client: null,
    holders: 0,
  }
}

/** Counts uses of a day. Except after midnight, it writes only two fields. */
export function addUses(use: PendingUse, dayNumber: number, count: number): void {
  if (use.dayNumber !== dayNumber && use.count > 0) {
    use.otherDays = daysOf(use)
    use.count = 0
  }
  use.dayNumber = dayNumber
  use.count += count
}

/** The uses that are not written yet, each day once. */
export function daysOf({ otherDays, dayNumber, count }: PendingUse): readonly DailyUses[] {
  if (count === 0) return NO_DAYS
  const dayStart = dayNumber * DAY_MS
  const same = otherDays.find((other) => other.dayStart === dayStart)?.requests ?? 0
  return [...otherDays.filter((other) => other.dayStart !== dayStart), { dayStart, requests: same + count }]
}

/** The start of the earliest day with uses that are not written yet. */
export function firstDayOf({ otherDays, dayNumber }: PendingUse): number {
  return otherDays.reduce((first, other) => Math.min(first, other.dayStart), dayNumber * DAY_MS)
}

/** Removes and returns the uses of a day, because they are being written. */
export function takeDay(use: PendingUse, dayStart: number): number {
  const days = daysOf(use)
  const rest = days.filter((other) => other.dayStart !== dayStart)
  const latest = rest.at(-1)
  use.otherDays = latest === undefined ? NO_DAYS : rest.slice(0, -1)
  use.count = latest?.requests ?? 0
  if (latest !== undefined) use.dayNumber = latest.dayStart / DAY_MS
  return days.find((other) => other.dayStart === dayStart)?.requests ?? 0
}
