/** The table of owners. The row of a user deactivates or ends all of the user's tokens. It is never deleted. */

import type { OwnerRecord, OwnerStatus } from '../../../token/token.ts'
import type { Instant } from './instant.ts'

export interface ApiTokenOwnerTable {
  user_id: string
  status: OwnerStatus
  /** Raised by a removal. Tokens of earlier generations count as revoked. */
  generation: number
  /** The last removal, until the tokens that it ended have been pruned. */
  removed_at: Instant | null
  /** The last change in the change feed, in milliseconds by the database's clock; `null` before the first. */
  changed_at: number | null
  /** How many tokens of this generation end at `counted_at` or later, as of that time. */
  living_count: number | null
  /** The number of all other tokens. */
  ended_count: number | null
  /** `null`: the counts are unknown. */
  counted_at: Instant | null
  /** The last time that all tokens were read to count them. */
  recounted_at: Instant | null
  /** The maximum age that was used for the counts, in milliseconds; `null` for none. */
  counted_max_age: number | null
}

export function ownerFromRow(
  row: Pick<ApiTokenOwnerTable, 'user_id' | 'status' | 'generation'>,
): OwnerRecord {
  return { userId: row.user_id, status: row.status, generation: Number(row.generation) }
}
