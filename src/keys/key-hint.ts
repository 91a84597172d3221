/** The hint of a key in compact credentials: it selects the key whose MAC is checked. */

import { hash } from 'node:crypto'
import { encodeBase32 } from '../token/base32.ts'
import { KEY_HINT_LENGTH } from '../token/compact-credential.ts'

/** The first characters of SHA-256(kid) in base32. Keys with the same hint are refused: see `readSigningKeys`. */
export function keyHintOf(kid: string): string {
  return encodeBase32(hash('sha256', kid, 'buffer')).slice(0, KEY_HINT_LENGTH)
}
