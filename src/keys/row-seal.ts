/**
 * The seal of a token's row: a MAC of the columns that decide what the token may do. A row that was changed without the
 * keys, such as by SQL, does not match its seal and is refused.
 */

import { createHmac, type KeyObject } from 'node:crypto'
import type { TokenLimits, TokenRecord } from '../token/token.ts'
import { isSameText } from './same-text.ts'

/** The purpose of the subkey: see `derivedSecret`. */
export const ROW_SEAL = 'row seal'

/** Sealed first, so that rows with other columns can have another version. */
const VERSION = 1

/** The columns that the seal covers. The others may change while the token exists. */
export type SealedColumns = Pick<
  TokenRecord,
  'id' | 'userId' | 'kid' | 'form' | 'createdAt' | 'expiresAt' | 'scopes' | keyof TokenLimits
>

export function sealOf(subkey: KeyObject, row: SealedColumns): string {
  // A string is a quarter cheaper than a Buffer, and it is the form in which the row has it.
  return createHmac('sha256', subkey).update(sealedText(row)).digest('base64url')
}

export function hasItsSeal(subkey: KeyObject, row: SealedColumns & Pick<TokenRecord, 'seal'>): boolean {
  return isSameText(row.seal, sealOf(subkey, row))
}

/** JSON, so that no two rows have the same text. */
function sealedText(row: SealedColumns): string {
  const { id, userId, kid, form, createdAt, expiresAt, scopes, metadata, allowedIps, rateLimit } = row
  const limit = rateLimit === null ? null : [rateLimit.max, rateLimit.timeWindow]
  const limits = [metadata, allowedIps, limit]
  return JSON.stringify([VERSION, id, userId, kid, form, createdAt, expiresAt, scopes, ...limits])
}
