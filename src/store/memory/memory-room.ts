/** Finds the ended tokens that an insert deletes. */

import type { OwnerRecord, TokenRecord } from '../../token/token.ts'
import { MAX_DELETED, MAX_READ } from '../ended-bounds.ts'
import type { EndedRules } from '../token-store.ts'
import type { MemoryOwners } from './memory-owners.ts'
import type { MemoryTokens } from './memory-tokens.ts'

/** Empty below the limit; `null` when all ended tokens ended too recently. */
export function endedBeyondLimit(
  tokens: MemoryTokens,
  owners: MemoryOwners,
  owner: OwnerRecord,
  { maxEnded, deletableBefore, now, maxAgeMs }: EndedRules & { readonly now: number },
): readonly TokenRecord[] | null {
  if (tokens.count(owner, now, maxAgeMs).ended < maxEnded) return []
  const oldest = tokens
    .read(owner.userId, { order: 'end', after: null, descending: false, limit: MAX_READ })
    .filter((token) => owners.endOf(token, maxAgeMs) < deletableBefore)
    .slice(0, MAX_DELETED)
  return oldest.length === 0 ? null : oldest
}
