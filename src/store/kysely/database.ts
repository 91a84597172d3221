/** The plugin's tables, as Kysely knows them. */

import type { ApiTokenTable } from './api-token.table.ts'
import type { ApiTokenOwnerTable } from './api-token-owner.table.ts'

export interface ApiTokenDatabase {
  api_tokens: ApiTokenTable
  api_token_owners: ApiTokenOwnerTable
}
