/** The table of owners. The row of a user deactivates or ends all of the user's tokens. It is never deleted. */

import type { OwnerRecord, OwnerStatus, StatusReason } from '../../../token/token.ts'
import type { Instant } from './instant.ts'

export interface ApiTokenOwnerTable {
  user_id: string
  status: OwnerStatus
  /** Raised by a removal and by a revocation of all tokens. Tokens of earlier generations count as revoked. */
  generation: number
  /** When the generation was last raised, until the tokens that this ended have been pruned. */
  raised_at: Instant | null
  /** The `status_reason` of tokens of earlier generations. */
  ended_reason: StatusReason | null
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
  row: Pick<ApiTokenOwnerTable, 'user_id' | 'status' | 'generation' | 'ended_reason'>,
): OwnerRecord {
  const { user_id: userId, status, generation, ended_reason: endedReason } = row
  return { userId, status, generation: Number(generation), endedReason }
}
