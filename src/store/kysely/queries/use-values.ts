/** The values of a batch of uses, from which each dialect makes a table. */

import type { TokenUse } from '../../token-store.ts'
import type { UseRow } from '../dialects/dialect-traits.ts'

/** The columns of that table, in order. */
export const USE_COLUMNS = [
  'id',
  'uses',
  'used_at',
  'asked',
  'ip',
  'user_agent',
] as const satisfies readonly (keyof UseRow)[]

/** A row of it, with its time in the dialect's format. */
export function useValues<Time>(use: TokenUse, usedAt: Time) {
  const { ip = null, userAgent = null } = use.lastClient ?? {}
  return [use.tokenId, use.count, usedAt, use.scopesUsed ?? 0, ip, userAgent]
}
