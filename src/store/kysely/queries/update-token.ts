/** Changes one token by an UPDATE whose conditions decide, and returns the new row. */

import type { UpdateObject } from 'kysely'
import type { StatusReason, TokenRecord } from '../../../token/token.ts'
import { dayNumberOf } from '../../../utc-day.ts'
import type { SealedLimits, TokenPatch, UpdateScope } from '../../token-store.ts'
import type { DialectTraits, TokenUpdate } from '../dialects/dialect-traits.ts'
import type { ApiTokenDatabase } from '../tables/database.ts'
import { type ApiTokenRow, limitColumns, tokenFromRow } from '../tables/token-row.ts'
import { atomically, type StoreDb } from '../transactions.ts'
import { carriedUsage } from './carry-usage.ts'
import { stamp } from './change-feed.ts'
import { beganBefore } from './idle-clock.ts'
import { belongsTo, ownerGeneration, type Tokens } from './owner-conditions.ts'
import { lockTokens } from './token-locks.ts'
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
  { status, limits, ...texts }: TokenPatch,
  scope: UpdateScope,
): Promise<TokenRecord | undefined> {
  const others = { ...texts, ...sealedColumns(limits) }
  const patch = (on: StoreDb, columns: PatchColumns) =>
    patchRow(on, id, { ...scope, seal: limits?.previousSeal }, columns)
  switch (status) {
    case undefined:
      return patch(storeDb, () => others)
    case 'inactive':
      return patch(storeDb, () => ({ ...others, status, status_reason: 'disabled' }))
    case 'active':
      return atomically(storeDb, async (transaction) => {
        const restart = await restartOf(transaction, id, scope)
        const columns = { ...others, status, status_reason: null }
        return patch(transaction, (eb) => ({ ...restart(eb), ...columns }))
      })
    default:
      return status satisfies never
  }
}

type PatchColumns = (eb: Tokens) => UpdateObject<ApiTokenDatabase, 'api_tokens'>

function sealedColumns(limits: SealedLimits | undefined): UpdateObject<ApiTokenDatabase, 'api_tokens'> {
  return limits === undefined ? {} : { ...limitColumns(limits), seal: limits.seal }
}

/** @param scope With `seal`: the row must have this seal. */
async function patchRow(
  storeDb: StoreDb,
  id: string,
  scope: UpdateScope & { readonly seal?: string | undefined },
  columns: PatchColumns,
): Promise<TokenRecord | undefined> {
  const moment = clockMoment(storeDb.traits, scope)
  return updateTokenRow(storeDb, id, (tokens) =>
    tokens
      .set((eb) => ({
        ...columns(eb),
        updated_at: moment.now,
        changed_at: stamp('api_tokens', storeDb.traits),
      }))
      .where((eb) => isLiving(eb, moment))
      .where((eb) => eb('api_tokens.generation', '=', ownerGeneration(eb)))
      .where((eb) => belongsTo(eb, scope.userId))
      .$if(scope.seal !== undefined, (update) => update.where('api_tokens.seal', '=', scope.seal ?? '')),
  )
}

/**
 * Locks a token that is inactive, by its row or by the clock, and returns the columns that restart its idle timeout. They
 * may carry the usage of the token's day over, which requires the lock of an earlier statement.
 */
async function restartOf(
  transaction: StoreDb,
  id: string,
  { now, idleBefore }: UpdateScope,
): Promise<(eb: Tokens) => UpdateObject<ApiTokenDatabase, 'api_tokens'>> {
  const { traits } = transaction
  const today = dayNumberOf(now)
  const inactive = await lockTokens(transaction, [id], (eb) =>
    eb.or([
      eb('api_tokens.status', '=', 'inactive'),
      ...(idleBefore === null ? [] : [beganBefore(eb, traits.time(idleBefore))]),
    ]),
  )
  if (inactive.length === 0) return () => ({})
  const onEarlierDay = await lockTokens(transaction, [id], (eb) => eb('api_tokens.idle_day', '<', today))
  if (onEarlierDay.length === 0) return () => ({ idle_from: traits.time(now) })
  return (eb) => ({ ...carriedUsage(eb, traits), idle_from: traits.time(now), idle_day: today })
}
