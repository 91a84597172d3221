/** The canonical form of base64url (RFC 4648 §3.5, RFC 7515 §2). */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/**
 * Whether the unused bits of the last character are zero, as every encoder writes them. Decoders ignore these bits, so
 * that one signature would have several valid forms. The verifier checks the alphabet itself.
 */
export function isCanonicalBase64url(text: string): boolean {
  const rest = text.length % 4
  if (rest === 0) return true
  if (rest === 1) return false
  const last = ALPHABET.indexOf(text.charAt(text.length - 1))
  return (last & (rest === 2 ? 0b1111 : 0b11)) === 0
}
