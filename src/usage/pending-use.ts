/** The use of one token that is known here and may not be written yet, counted by day. */

import type { DailyUses } from '../store/token-store.ts'
import type { LastClient } from '../token/token.ts'
import { DAY_MS, joinTime } from '../utc-day.ts'

/** It lives while a cache entry holds it or it has use to write. */
export interface PendingUse {
  // What each use touches stands together, where one look into the memory finds it.
  /** The latest use known here, written or not; the epoch for none. */
  lastUsedDay: number
  lastUsedMs: number
  /** Uses of `day` that are not written yet; with none there are none of other days either. */
  count: number
  /** A day (UTC), in days since the epoch: small numbers are read and written fastest. */
  day: number
  readonly tokenId: string
  /** Uses that are not written yet of days before: a midnight has passed since the last flush. */
  otherDays: readonly DailyUses[]
  /** The idle clock's start as the row last said. */
  idleFrom: number
  /** Which of the token's scopes were asked for, written or not, see `usedScopes`. */
  scopesUsed: number
  /** The list of scopes that was asked for last: most often the next request asks for the same. */
  lastAsked: readonly string[] | null
  /** The client of the latest use known here, where clients are kept. */
  client: LastClient | null
  holders: number
}

const NO_DAYS: readonly DailyUses[] = []

export function newPendingUse(tokenId: string): PendingUse {
  return {
    lastUsedDay: 0,
    lastUsedMs: 0,
    count: 0,
    day: 0,
    tokenId,
    otherDays: NO_DAYS,
    idleFrom: 0,
    scopesUsed: 0,
    lastAsked: null,
    client: null,
    holders: 0,
  }
}

/** The latest use known, in milliseconds since the epoch; 0 for none. */
export function lastUsedAtOf({ lastUsedDay, lastUsedMs }: PendingUse): number {
  return joinTime({ day: lastUsedDay, ms: lastUsedMs })
}

/** Counts uses of a day. But at midnight it writes two fields. */
export function addUses(use: PendingUse, day: number, count: number): void {
  if (use.day !== day && use.count > 0) {
    use.otherDays = daysOf(use)
    use.count = 0
  }
  use.day = day
  use.count += count
}

/** What is not written yet, each day once, by its first millisecond. */
export function daysOf({ otherDays, day, count }: PendingUse): readonly DailyUses[] {
  if (count === 0) return NO_DAYS
  const first = day * DAY_MS
  const same = otherDays.find((other) => other.day === first)?.requests ?? 0
  return [...otherDays.filter((other) => other.day !== first), { day: first, requests: same + count }]
}

/** The earliest day with uses that are not written yet, by its first millisecond. */
export function firstDayOf({ otherDays, day }: PendingUse): number {
  return otherDays.reduce((first, other) => Math.min(first, other.day), day * DAY_MS)
}

/** Takes out the uses of a day, named by its first millisecond, because they are being written. */
export function takeDay(use: PendingUse, day: number): number {
  const days = daysOf(use)
  const rest = days.filter((other) => other.day !== day)
  const latest = rest.at(-1)
  use.otherDays = latest === undefined ? NO_DAYS : rest.slice(0, -1)
  use.count = latest?.requests ?? 0
  if (latest !== undefined) use.day = latest.day / DAY_MS
  return days.find((other) => other.day === day)?.requests ?? 0
}
