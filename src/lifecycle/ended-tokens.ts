/** How many tokens that have ended are kept of a user, besides what `retention` says. */

import type { EndedRules } from '../store/token-store.ts'
import { DAY_MS } from '../utc-day.ts'
import type { Context } from './context.ts'

const ENDED_FOR_EACH = 10
const MIN_ENDED = 100

/** The rules of an insert at `now`. What ended within a day stays: nobody pushes the trace of a theft out. */
export function endedRules(
  context: Pick<Context, 'maxTokensPerUser' | 'isClockTrusted' | 'maxAgeMs'>,
  now: number,
): EndedRules {
  return {
    maxEnded: maxEndedTokens(context),
    // By a clock that is ahead everything has ended long ago.
    deletableBefore: context.isClockTrusted() ? now - DAY_MS : 0,
    maxAgeMs: context.maxAgeMs,
  }
}

/** The text of the refusal when the user's ended tokens are as many as are kept, and all of them recent. */
export function tooManyEnded(context: Pick<Context, 'maxTokensPerUser'>): string {
  return `${maxEndedTokens(context)} API tokens or more have ended within 24 hours: there is room when the oldest ended a day ago`
}

function maxEndedTokens({ maxTokensPerUser }: Pick<Context, 'maxTokensPerUser'>): number {
  return Math.min(Math.max(MIN_ENDED, ENDED_FOR_EACH * maxTokensPerUser), Number.MAX_SAFE_INTEGER)
}
