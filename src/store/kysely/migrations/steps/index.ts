/** Every step of the schema, in order. A released step never changes. */

import type { Migration } from '../migration.ts'
import { tokensAndOwners } from './2026-11-23-tokens-and-owners.ts'
import { rotation } from './2026-11-24-rotation.ts'
import { usageByDay } from './2026-11-25-usage-by-day.ts'
import { changes } from './2026-11-26-changes.ts'
import { detailsOfUse } from './2026-11-27-details-of-use.ts'
import { leases } from './2026-12-01-leases.ts'
import { endedLeases } from './2026-12-02-ended-leases.ts'
import { deviceAuthorization } from './2026-12-03-device-authorization.ts'
import { pendingDevices } from './2026-12-04-pending-devices.ts'
import { bounds } from './2026-12-05-bounds.ts'
import { maximumAge } from './2026-12-06-maximum-age.ts'

export const migrations: Readonly<Record<string, Migration>> = {
  '2026-11-23-tokens-and-owners': tokensAndOwners,
  '2026-11-24-rotation': rotation,
  '2026-11-25-usage-by-day': usageByDay,
  '2026-11-26-changes': changes,
  '2026-11-27-details-of-use': detailsOfUse,
  '2026-12-01-leases': leases,
  '2026-12-02-ended-leases': endedLeases,
  '2026-12-03-device-authorization': deviceAuthorization,
  '2026-12-04-pending-devices': pendingDevices,
  '2026-12-05-bounds': bounds,
  '2026-12-06-maximum-age': maximumAge,
}
