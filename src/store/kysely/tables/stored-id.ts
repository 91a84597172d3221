/**
 * The id of a token in the database's own type: 16 bytes instead of 36 characters. Write it with `traits.id`, read it with
 * `traits.idText` and `idFromText`. The code outside of `store/kysely/` knows ids as texts only.
 */

import { hexOfUuid, uuidOfHex } from '../../../token/uuid.ts'

declare const storedId: unique symbol

/** Not assignable from a string, so that the compiler reports a missing conversion. */
export interface StoredId {
  readonly [storedId]: true
}

/** A UUID (RFC 9562 §4) in lower case. No other spelling is the id of a token. */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export function isUuid(id: string): boolean {
  return UUID.test(id)
}

/** The bytes of an id, for databases without a type of their own; `null` for a text that is no UUID in lower case. */
export function bytesOfId(id: string): Buffer | null {
  return isUuid(id) ? Buffer.from(hexOfUuid(id), 'hex') : null
}

/** The id in a text that `traits.idText` returned: with dashes, or as hexadecimal digits. */
export function idFromText(text: string): string {
  if (text.length === 36) return text
  return uuidOfHex(text.toLowerCase())
}
