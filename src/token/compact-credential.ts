/**
 * The text of a compact credential: a prefix, and 62 characters in base32: four of the key's hint, 26 of the token's id, 32
 * of the MAC of all that stands before it. It names no owner, scope or time: they are in the row.
 */

import { decodeBase32, encodeBase32 } from './base32.ts'
import { isTokenId } from './claims.ts'
import { hexOfUuid, uuidOfHex } from './uuid.ts'

/** Characters of a key's hint, of an id (16 bytes), and of a MAC (20 bytes). */
export const KEY_HINT_LENGTH = 4
const ID_LENGTH = 26
export const MAC_LENGTH = 32

/** The length without the prefix. */
export const COMPACT_LENGTH = KEY_HINT_LENGTH + ID_LENGTH + MAC_LENGTH

/** The text that the MAC covers. */
export function textBeforeMac(prefix: string, keyHint: string, tokenId: string): string {
  return prefix + keyHint + encodeBase32(Buffer.from(hexOfUuid(tokenId), 'hex'))
}

/** A regular expression that finds the credentials with a prefix in a text, for secret scanners (also RE2). */
export function scanPattern(prefix: string): string {
  return `\\b${prefix}[a-z2-7]{${COMPACT_LENGTH}}\\b`
}

/** Reused, to allocate nothing. */
const idBytes = Buffer.alloc(16)

/** The token's id in a credential whose prefix has `start` characters; `undefined` if it is not as it is written. */
export function tokenIdIn(credential: string, start: number): string | undefined {
  if (!decodeBase32(credential, start + KEY_HINT_LENGTH, idBytes)) return undefined
  const id = uuidOfHex(idBytes.toString('hex'))
  return isTokenId(id) ? id : undefined
}
