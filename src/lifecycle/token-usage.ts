/** The number of uses of a token per day, and which of its scopes were used. */

import { InvalidInput } from '../errors.ts'
import { eitherUsed, usedScopes } from '../token/used-scopes.ts'
import { DAY_MS, dateOfDay, startOfDay } from '../utc-day.ts'
import type { Context, OwnerScope } from './context.ts'
import { findOwned } from './get-token.ts'

const DEFAULT_USAGE_DAYS = 30

export interface UsageRequest {
  /** The number of days, including today, at most `usage.dailyRetention`. Default: 30, or all stored days if fewer. */
  readonly days?: number | undefined
}

/** The number of requests with a token on one day. */
export interface DayUsage {
  /** The day in UTC: `2026-01-31`. */
  readonly date: string
  readonly requests: number
}

export interface TokenUsage {
  /** One entry per day, including days without use. Today is last. */
  readonly data: readonly DayUsage[]
  /** The scopes of the token that routes have required since it was issued, in the order of the token's scopes. */
  readonly scopes: readonly string[]
}

/**
 * The uses of a token per day (UTC), including uses that this instance has not flushed yet.
 *
 * @throws {InvalidInput} For an invalid number of days.
 * @throws {TokenNotFound} For an unknown id, or another user's token.
 * @throws {UserInactive} With `userId`, for a user who is deactivated or removed.
 */
export async function tokenUsage(
  context: Context,
  id: string,
  { days = defaultUsageDays(context.maxUsageDays) }: UsageRequest = {},
  scope: OwnerScope = {},
): Promise<TokenUsage> {
  requireDays(days, context.maxUsageDays)
  const { token } = await findOwned(context, id, scope)
  const today = startOfDay(context.clock.now())
  const first = today - (days - 1) * DAY_MS
  const written = await context.store.dailyUses(id, { since: first, before: today + DAY_MS })
  const requests = new Map<number, number>()
  for (const { dayStart, requests: more } of [...written, ...context.recorder.pendingDays(id)]) {
    requests.set(dayStart, (requests.get(dayStart) ?? 0) + more)
  }
  const used = eitherUsed(token.scopesUsed, context.recorder.scopesUsed(id))
  return {
    scopes: usedScopes(used, token.scopes),
    data: Array.from({ length: days }, (_, index) => first + index * DAY_MS).map((day) => ({
      date: dateOfDay(day),
      requests: requests.get(day) ?? 0,
    })),
  }
}

/** The default of `days`. */
export function defaultUsageDays(maxUsageDays: number): number {
  return Math.min(DEFAULT_USAGE_DAYS, maxUsageDays)
}

function requireDays(days: number, maxUsageDays: number): void {
  if (Number.isInteger(days) && days >= 1 && days <= maxUsageDays) return
  throw new InvalidInput(`days must be a whole number from 1 to ${maxUsageDays}`)
}
