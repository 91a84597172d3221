/** The table of tokens. Scopes are stored as one text, separated by spaces. */

import type { ColumnType, Generated } from 'kysely'
import type { CredentialForm, StatusReason, StoredStatus } from '../../../token/token.ts'
import type { Instant } from './instant.ts'

export interface ApiTokenTable {
  id: string
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
  updated_at: Instant
  expires_at: Instant | null
  last_used_at: Instant | null
  idle_from: Instant
  use_count: number
  /** A bit for each scope that was used. The first scope is the lowest bit. */
  scopes_used: number
  /** Only with the option `usage.lastClient`. */
  last_used_ip: string | null
  last_used_user_agent: string | null
  revoked_at: Instant | null
  successor_id: string | null
  predecessor_id: string | null
  grace_ends_at: Instant | null
  /** The `idle_from` of the last `idle-warning`. Only the sweeper uses it. */
  idle_warning_from: Generated<Instant | null>
  /** The last change in the change feed, in milliseconds by the database's clock; `null` before the first. */
  changed_at: number | null
  /** The earliest of revocation, expiry and end of grace; the end of the year 9999 for never. */
  ends_at: ColumnType<Instant, never, never>
  /** The sort key of lists by name: see `nameAndId`. */
  name_and_id: ColumnType<string, never, never>
}
