/** The table of tokens. Scopes are one string parted by spaces. */

import type { ColumnType, Generated } from 'kysely'
import type { StatusReason, StoredStatus } from '../../../token/token.ts'
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
  created_at: Instant
  updated_at: Instant
  expires_at: Instant | null
  last_used_at: Instant | null
  idle_from: Instant
  use_count: number
  /** Which of its scopes were asked for, the first as the lowest bit. */
  scopes_used: number
  /** Where the host keeps them. */
  last_used_ip: string | null
  last_used_user_agent: string | null
  revoked_at: Instant | null
  successor_id: string | null
  predecessor_id: string | null
  grace_ends_at: Instant | null
  /** The `idle_from` of which `idle-warning` was told. It is the sweeper's own and no part of a token. */
  idle_warning_from: Generated<Instant | null>
  /** The last change that others must hear of, in milliseconds by the database's clock; `null` until the first. */
  changed_at: number | null
  /** When it was revoked, expires, or ends by its rotation, whichever comes first; the end of the year 9999 for never. */
  ends_at: ColumnType<Instant, never, never>
  /** The name and the id, by which an owner's list is sorted by name: see `nameAndId`. */
  name_and_id: ColumnType<string, never, never>
}
