/** Finds the ended tokens that an insert deletes. */

import type { TokenRecord } from '../../token/token.ts'
import { MAX_READ } from '../ended-bounds.ts'
import type { StoredOwner } from '../stored-owner.ts'
import { endedToDelete } from '../token-end.ts'
import type { EndedRules } from '../token-store.ts'
import type { MemoryTokens } from './memory-tokens.ts'

/** Empty below the limit; `null` when all ended tokens ended too recently. */
export function endedBeyondLimit(
  tokens: MemoryTokens,
  owner: StoredOwner,
  rules: EndedRules & { readonly now: number },
): readonly TokenRecord[] | null {
  if (tokens.count(owner, rules.now, rules.maxAgeMs).ended < rules.maxEnded) return []
  const { userId } = owner
  const oldest = tokens.read({ userId, order: 'end', descending: false, from: null, limit: MAX_READ })
  return endedToDelete(oldest, owner, rules)
}
