/**
 * The seal of a token's row: a MAC of the columns that decide what the token may do. A row that was changed without the
 * keys, such as by SQL, does not match its seal and is refused.
 */

import { createHmac, type KeyObject } from 'node:crypto'
import type { TokenRecord } from '../token/token.ts'
import { isSameText } from './same-text.ts'

/** The purpose of the subkey: see `derivedSecret`. */
export const ROW_SEAL = 'row seal'

/** Sealed first, so that rows with other columns can have another version. */
const VERSION = 1

/** The columns that the seal covers. The others may change while the token exists. */
export type SealedColumns = Pick<
  TokenRecord,
  'id' | 'userId' | 'kid' | 'form' | 'createdAt' | 'expiresAt' | 'scopes'
>

export function sealOf(subkey: KeyObject, row: SealedColumns): string {
  // A string is a quarter cheaper than a Buffer, and it is the form in which the row has it.
  return createHmac('sha256', subkey).update(sealedText(row)).digest('base64url')
}

export function hasItsSeal(subkey: KeyObject, row: SealedColumns & Pick<TokenRecord, 'seal'>): boolean {
  return isSameText(row.seal, sealOf(subkey, row))
}

/** JSON, so that no two rows have the same text. The last three places are those of metadata, allowed_ips, rate_limit. */
function sealedText({ id, userId, kid, form, createdAt, expiresAt, scopes }: SealedColumns): string {
  return JSON.stringify([VERSION, id, userId, kid, form, createdAt, expiresAt, scopes, null, null, null])
}
