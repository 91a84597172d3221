/** Limits the number of ended tokens per user, in addition to `retention`. */

import type { EndedRules } from '../store/token-store.ts'
import { DAY_MS } from '../utc-day.ts'
import type { Context } from './context.ts'

const ENDED_FOR_EACH = 10
const MIN_ENDED = 100

/** The rules of an insert at `now`. Tokens that ended within a day stay, so that a thief cannot push out the evidence. */
export function endedRules(
  context: Pick<Context, 'maxTokensPerUser' | 'isClockTrusted' | 'maxAgeMs'>,
  now: number,
): EndedRules {
  return {
    maxEnded: maxEndedTokens(context),
    // With a clock that is ahead every ended token would look old enough to delete.
    deletableBefore: context.isClockTrusted() ? now - DAY_MS : 0,
    maxAgeMs: context.maxAgeMs,
  }
}

/** The error text when the limit is reached and all ended tokens are too recent to delete. */
export function tooManyEnded(context: Pick<Context, 'maxTokensPerUser'>): string {
  return `${maxEndedTokens(context)} or more API tokens have ended within 24 hours: try again when the oldest of them ended a day ago`
}

function maxEndedTokens({ maxTokensPerUser }: Pick<Context, 'maxTokensPerUser'>): number {
  return Math.min(Math.max(MIN_ENDED, ENDED_FOR_EACH * maxTokensPerUser), Number.MAX_SAFE_INTEGER)
}
