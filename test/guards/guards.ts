/** The checks that hold the promises, by the folder of the source that they stand in. */

import { adminGuards } from './admin.guards.ts'
import { boundsGuards } from './bounds.guards.ts'
import { deviceGuards } from './device.guards.ts'
import { expiryGuards } from './expiry.guards.ts'
import type { Guard } from './guard.ts'
import { handsGuards } from './hands.guards.ts'
import { httpGuards } from './http.guards.ts'
import { identityProviderGuards } from './identity-provider.guards.ts'
import { invalidationGuards } from './invalidation.guards.ts'
import { keysGuards } from './keys.guards.ts'
import { lifecycleGuards } from './lifecycle.guards.ts'
import { limitsGuards } from './limits.guards.ts'
import { mysqlGuards } from './mysql.guards.ts'
import { oauthGuards } from './oauth.guards.ts'
import { ownersGuards } from './owners.guards.ts'
import { pluginGuards } from './plugin.guards.ts'
import { postgresGuards } from './postgres.guards.ts'
import { seamGuards } from './seam.guards.ts'
import { storeGuards } from './store.guards.ts'
import { tokenGuards } from './token.guards.ts'
import { usageGuards } from './usage.guards.ts'
import { verificationGuards } from './verification.guards.ts'
import { wholeRecordGuards } from './whole-records.guards.ts'

export const guards: readonly Guard[] = [
  ...tokenGuards,
  ...keysGuards,
  ...storeGuards,
  ...wholeRecordGuards,
  ...boundsGuards,
  ...mysqlGuards,
  ...postgresGuards,
  ...invalidationGuards,
  ...usageGuards,
  ...verificationGuards,
  ...lifecycleGuards,
  ...limitsGuards,
  ...httpGuards,
  ...oauthGuards,
  ...deviceGuards,
  ...expiryGuards,
  ...handsGuards,
  ...identityProviderGuards,
  ...ownersGuards,
  ...adminGuards,
  ...pluginGuards,
  ...seamGuards,
]
