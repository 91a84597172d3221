/** The types of the tables, for Kysely. */

import type { ApiTokenTable } from './api-token.ts'
import type { ApiTokenDeviceTable } from './api-token-device.ts'
import type { ApiTokenLeaseTable } from './api-token-lease.ts'
import type { ApiTokenOwnerTable } from './api-token-owner.ts'
import type { ApiTokenUsageTable } from './api-token-usage.ts'

/** The migrations that were run. */
export interface MigrationTable {
  name: string
  /** ISO 8601. */
  timestamp: string
}

export interface ApiTokenDatabase {
  api_tokens: ApiTokenTable
  api_token_owners: ApiTokenOwnerTable
  api_token_usage: ApiTokenUsageTable
  api_token_devices: ApiTokenDeviceTable
  api_token_leases: ApiTokenLeaseTable
  api_tokens_migration: MigrationTable
}
