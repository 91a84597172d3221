/** Tells how often a token was used on each of the last days, and for which of its scopes. */

import { InvalidInput } from '../errors.ts'
import { eitherUsed, usedScopes } from '../token/used-scopes.ts'
import { DAY_MS, dateOfDay, startOfDay } from '../utc-day.ts'
import type { Context, OwnerScope } from './context.ts'
import { findOwned } from './get-token.ts'

export const DEFAULT_USAGE_DAYS = 30

export interface UsageRequest {
  /** How many days, today included, at most those of `usage.dailyRetention`. Default 30, or as many as are kept. */
  readonly days?: number | undefined
}

/** How many requests were verified with a token on one day. */
export interface DayUsage {
  /** The day in UTC: `2026-01-31`. */
  readonly date: string
  readonly requests: number
}

export interface TokenUsage {
  /** Every day, those without use included, today last. */
  readonly data: readonly DayUsage[]
  /** The token's scopes that requests have asked for since it was issued, in the order of the token's. */
  readonly scopes: readonly string[]
}

/**
 * The uses of a token by day (UTC), with those that are known here and not written yet.
 *
 * @throws {InvalidInput} A number of days that cannot be.
 * @throws {TokenNotFound} An id that is unknown, or of another user's token.
 * @throws {UserInactive} With a user, when they are deactivated or removed.
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
  const written = await context.store.dailyUses(id, first)
  const requests = new Map<number, number>()
  for (const { day, requests: more } of [...written, ...context.recorder.pendingDays(id)]) {
    requests.set(day, (requests.get(day) ?? 0) + more)
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

/** How many days are told of when nobody says. */
export function defaultUsageDays(maxUsageDays: number): number {
  return Math.min(DEFAULT_USAGE_DAYS, maxUsageDays)
}

function requireDays(days: number, maxUsageDays: number): void {
  if (Number.isInteger(days) && days >= 1 && days <= maxUsageDays) return
  throw new InvalidInput(`days must be a whole number from 1 to ${maxUsageDays}`)
}
