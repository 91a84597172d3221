/**
 * The table of usage by day: a row for each token and day (UTC) with use. Its key begins with the day, so that a flush
 * writes rows that lie together, however many tokens there are.
 */

import type { Instant } from './instant.ts'
import type { StoredId } from './stored-id.ts'

export interface ApiTokenUsageTable {
  /** Days since the epoch. */
  day: number
  token_id: StoredId
  requests: number
  last_used_at: Instant
  scopes_used: number
  /** Only with the option `usage.lastClient`. */
  last_used_ip: string | null
  last_used_user_agent: string | null
}
