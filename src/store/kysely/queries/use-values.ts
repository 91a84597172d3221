/** The values of a batch of uses, from which each dialect makes a table. */

import { hexOfUuid } from '../../../token/uuid.ts'
import type { TokenUse } from '../../token-store.ts'
import type { UseRow } from '../dialects/dialect-traits.ts'
import { isUuid } from '../tables/stored-id.ts'

/** The columns of that table, in order. */
export const USE_COLUMNS = [
  'id',
  'uses',
  'used_at',
  'asked',
  'ip',
  'user_agent',
] as const satisfies readonly (keyof UseRow)[]

/** The uses whose ids may be those of tokens. */
export function storableUses(uses: readonly TokenUse[]): readonly TokenUse[] {
  return uses.filter(({ tokenId }) => isUuid(tokenId))
}

/** A row of it, with its time in the dialect's format. */
export function useValues<Time>(use: TokenUse, usedAt: Time) {
  const { ip = null, userAgent = null } = use.lastClient ?? {}
  return [hexOfUuid(use.tokenId), use.count, usedAt, use.scopesUsed ?? 0, ip, userAgent]
}
