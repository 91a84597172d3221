/** The table of usage by day: a row for each token and day (UTC) with use. */

import type { Instant } from './instant.ts'

export interface ApiTokenUsageTable {
  token_id: string
  /** The first millisecond of the day. */
  day: Instant
  requests: number
}
