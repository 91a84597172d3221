/** The newest time that tokens in memory know. */

import type { TokenRecord } from '../../token/token.ts'

/** When the latest was issued, used or changed; `null` without a token. */
export function newestStampOf(tokens: Iterable<TokenRecord>): number | null {
  let newest: number | null = null
  for (const { updatedAt, idleFrom } of tokens) newest = Math.max(newest ?? 0, updatedAt, idleFrom)
  return newest
}
