/**
 * Base32 (RFC 4648 §6) in lower case and without padding. Libraries take twice as long to decode, and report a wrong
 * character by an exception, which a client could cause with each request.
 */

const LETTERS = 'abcdefghijklmnopqrstuvwxyz234567'
const BITS_OF_LETTER = 5
const BITS_OF_BYTE = 8
const NO_LETTER = -1

/** By character code. */
const VALUES = Int8Array.from({ length: 128 }, (_, code) => LETTERS.indexOf(String.fromCharCode(code)))

export function encodeBase32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = (value << BITS_OF_BYTE) | byte
    bits += BITS_OF_BYTE
    while (bits >= BITS_OF_LETTER) {
      bits -= BITS_OF_LETTER
      text += LETTERS.charAt(value >> bits)
      value &= (1 << bits) - 1
    }
  }
  return bits === 0 ? text : text + LETTERS.charAt(value << (BITS_OF_LETTER - bits))
}

/**
 * Decodes the characters from `start` on until `bytes` is full. `false`: there is another character, or an unused bit of
 * the last one is not zero, so that the text is not what `encodeBase32` writes.
 */
export function decodeBase32(text: string, start: number, bytes: Uint8Array): boolean {
  let at = start
  let bits = 0
  let value = 0
  for (let index = 0; index < bytes.length; ) {
    const letter = VALUES[text.charCodeAt(at)] ?? NO_LETTER
    if (letter === NO_LETTER) return false
    at += 1
    value = (value << BITS_OF_LETTER) | letter
    bits += BITS_OF_LETTER
    if (bits < BITS_OF_BYTE) continue
    bits -= BITS_OF_BYTE
    bytes[index] = value >> bits
    index += 1
    value &= (1 << bits) - 1
  }
  return value === 0
}
