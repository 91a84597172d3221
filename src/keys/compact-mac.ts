/** The MAC of a compact credential: HMAC-SHA-256, cut to 160 bits (RFC 2104 §5). */

import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto'
import { decodeBase32, encodeBase32 } from '../token/base32.ts'
import { MAC_LENGTH } from '../token/compact-credential.ts'

/** The purpose of the subkey: see `derivedSecret`. */
export const COMPACT_CREDENTIAL = 'compact credential'

const MAC_BYTES = 20

/** Reused, to allocate nothing. */
const given = Buffer.alloc(MAC_BYTES)
const expected = Buffer.alloc(MAC_BYTES)

/** The text with its MAC. */
export function withMac(subkey: KeyObject, text: string): string {
  const mac = createHmac('sha256', subkey).update(text).digest().subarray(0, MAC_BYTES)
  return text + encodeBase32(mac)
}

/** Whether a credential ends with the MAC of the text before it. */
export function hasItsMac(subkey: KeyObject, credential: string): boolean {
  const end = credential.length - MAC_LENGTH
  if (!decodeBase32(credential, end, given)) return false
  // A string is a quarter cheaper than a Buffer. `write` takes as many bytes as fit.
  const mac = createHmac('sha256', subkey).update(credential.slice(0, end)).digest('hex')
  expected.write(mac, 'hex')
  const isSame = timingSafeEqual(given, expected)
  // Promise 1: no secret of a credential stays in memory.
  given.fill(0)
  expected.fill(0)
  return isSame
}
