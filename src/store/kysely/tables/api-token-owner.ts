/** The table of owners: the one row that suspends or ends all tokens of a user. It is never deleted. */

import type { OwnerRecord, OwnerStatus } from '../../../token/token.ts'
import type { Instant } from './instant.ts'

export interface ApiTokenOwnerTable {
  user_id: string
  status: OwnerStatus
  /** Raised by removal: a token of an earlier generation is revoked. */
  generation: number
  /** The last removal, until the tokens that it ended have been pruned. */
  removed_at: Instant | null
  /** The last change that others must hear of, in milliseconds by the database's clock; `null` until the first. */
  changed_at: number | null
  /** How many tokens of this generation end at `counted_at` or later, as of then. */
  living_count: number | null
  /** How many others there are. */
  ended_count: number | null
  /** `null`: the counts are not known. */
  counted_at: Instant | null
  /** When the tokens themselves were last counted. */
  recounted_at: Instant | null
  /** The maximum age by which they were counted, in milliseconds; `null` for none. */
  counted_max_age: number | null
}

export function ownerFromRow(
  row: Pick<ApiTokenOwnerTable, 'user_id' | 'status' | 'generation'>,
): OwnerRecord {
  return { userId: row.user_id, status: row.status, generation: Number(row.generation) }
}
