/** The table of owners: the one row that suspends or ends all tokens of a user. It is never deleted. */

import type { Selectable } from 'kysely'
import type { OwnerRecord, OwnerStatus } from '../../token/token.ts'

export interface ApiTokenOwnerTable {
  user_id: string
  status: OwnerStatus
  /** Raised by removal: a token of an earlier generation is revoked. */
  generation: number
  /** The last removal, until the tokens that it ended have been pruned. */
  removed_at: number | null
}

export type ApiTokenOwnerRow = Selectable<ApiTokenOwnerTable>

export function ownerFromRow(row: Pick<ApiTokenOwnerRow, 'user_id' | 'status' | 'generation'>): OwnerRecord {
  return { userId: row.user_id, status: row.status, generation: row.generation }
}
