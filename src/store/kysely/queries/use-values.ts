/** The values of a batch of uses, as each dialect makes a table of them. */

import type { TokenUse } from '../../token-store.ts'
import type { UseRow } from '../dialects/dialect-traits.ts'

/** The columns of that table, in their order. */
export const USE_COLUMNS = [
  'id',
  'uses',
  'used_at',
  'asked',
  'ip',
  'user_agent',
] as const satisfies readonly (keyof UseRow)[]

/** One row of it, its time as the dialect writes times. */
export function useValues<Time>(use: TokenUse, usedAt: Time) {
  const { ip = null, userAgent = null } = use.lastClient ?? {}
  return [use.tokenId, use.count, usedAt, use.scopesUsed ?? 0, ip, userAgent]
}
