/** Changes one token by an UPDATE whose conditions decide, and returns the new row. */

import type { UpdateObject } from 'kysely'
import type { StatusReason, TokenRecord } from '../../../token/token.ts'
import type { TokenPatch, UpdateScope } from '../../token-store.ts'
import type { DialectTraits, TokenUpdate } from '../dialects/dialect-traits.ts'
import type { ApiTokenDatabase } from '../tables/database.ts'
import { type ApiTokenRow, tokenFromRow } from '../tables/token-row.ts'
import type { StoreDb } from '../transactions.ts'
import { stamp } from './change-feed.ts'
import { belongsTo, ownerGeneration, type Tokens } from './owner-conditions.ts'
import { clockMoment, isLiving } from './token-status.ts'

/** Runs the UPDATE. Returns `undefined` when no row met its conditions. */
export async function updateTokenRow(
  storeDb: StoreDb,
  id: string,
  update: (tokens: TokenUpdate) => TokenUpdate,
): Promise<TokenRecord | undefined> {
  const row = await storeDb.traits.change(storeDb, id, update)
  // `change` selects `tokenColumns`.
  return row === undefined ? undefined : tokenFromRow(row as ApiTokenRow)
}

/** The columns that a revocation writes. */
export function revocationColumns(
  traits: DialectTraits,
  now: number,
  reason: StatusReason | null,
): UpdateObject<ApiTokenDatabase, 'api_tokens'> {
  const time = traits.time(now)
  return {
    status: 'revoked',
    status_reason: reason,
    revoked_at: time,
    updated_at: time,
    changed_at: stamp('api_tokens', traits),
  }
}

/** Writes the given fields of a token that has not ended. */
export async function writePatch(
  storeDb: StoreDb,
  id: string,
  changes: TokenPatch,
  scope: UpdateScope,
): Promise<TokenRecord | undefined> {
  const moment = clockMoment(storeDb.traits, scope)
  return updateTokenRow(storeDb, id, (tokens) =>
    tokens
      .set((eb) => ({
        ...columnsOf(eb, changes, scope, storeDb),
        updated_at: moment.now,
        changed_at: stamp('api_tokens', storeDb.traits),
      }))
      .where((eb) => isLiving(eb, moment))
      .where((eb) => eb('api_tokens.generation', '=', ownerGeneration(eb)))
      .where((eb) => belongsTo(eb, scope.userId)),
  )
}

/** `active` restarts the idle period of a token that is inactive, by its row or by the clock. */
function columnsOf(
  eb: Tokens,
  { status, ...texts }: TokenPatch,
  { now, idleBefore }: UpdateScope,
  { traits }: StoreDb,
): UpdateObject<ApiTokenDatabase, 'api_tokens'> {
  if (status === undefined) return texts
  if (status === 'inactive') return { ...texts, status, status_reason: 'disabled' }
  const isInactive = eb.or([
    eb('api_tokens.status', '=', 'inactive'),
    ...(idleBefore === null ? [] : [eb('api_tokens.idle_from', '<', traits.time(idleBefore))]),
  ])
  return {
    ...texts,
    // Before `status`, which it reads: MySQL assigns from left to right.
    idle_from: eb.case().when(isInactive).then(traits.time(now)).else(eb.ref('api_tokens.idle_from')).end(),
    status,
    status_reason: null,
  }
}
