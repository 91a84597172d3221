/**
 * The table of tokens. Scopes are stored as one text, separated by spaces.
 *
 * The usage of a token is that of its row and that of one row of `api_token_usage`: the row of the day `idle_day`. A flush
 * writes the day's row only. The first use of a later day carries the earlier day over to the token's row.
 */

import type { ColumnType, Generated } from 'kysely'
import type { CreatorKind, CredentialForm, StatusReason, StoredStatus } from '../../../token/token.ts'
import type { Instant } from './instant.ts'
import type { StoredId } from './stored-id.ts'

export interface ApiTokenTable {
  id: StoredId
  user_id: string
  generation: number
  name: string | null
  description: string | null
  scopes: string
  status: StoredStatus
  status_reason: StatusReason | null
  hint: string
  kid: string
  form: CredentialForm
  seal: string
  created_at: Instant
  created_by_kind: CreatorKind
  /** `null` for code, and for the owner. */
  created_by_id: string | null
  /** JSON, like the two columns that follow. The seal covers their content. */
  metadata: string | null
  allowed_ips: string | null
  rate_limit: string | null
  updated_at: Instant
  expires_at: Instant | null
  /** The last use on a day before `idle_day`, as of the last time that the row was written. */
  last_used_at: Instant | null
  /** The moment of issue, or of the last time that the token was enabled. */
  idle_from: Instant
  /** The day (since the epoch) of the latest of: issued, enabled, last used. */
  idle_day: number
  /** Without the uses of `idle_day`. */
  use_count: number
  /** A bit for each scope that was used, without the uses of `idle_day`. The first scope is the lowest bit. */
  scopes_used: number
  /** Only with the option `usage.lastClient`. */
  last_used_ip: string | null
  last_used_user_agent: string | null
  revoked_at: Instant | null
  successor_id: StoredId | null
  predecessor_id: StoredId | null
  grace_ends_at: Instant | null
  /** The start of the idle period of the last `idle-warning`. Only the sweeper uses it. */
  idle_warning_from: Generated<Instant | null>
  /** The last change in the change feed, in milliseconds by the database's clock; `null` before the first. */
  changed_at: number | null
  /** The earliest of revocation, expiry and end of grace; the end of the year 9999 for never. */
  ends_at: ColumnType<Instant, never, never>
  /** The sort key of lists by name: see `nameAndId`. */
  name_and_id: ColumnType<string, never, never>
}
