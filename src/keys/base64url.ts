/** Base64url in its one canonical spelling (RFC 4648 §3.5, RFC 7515 §2). */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/**
 * Whether a text is the spelling that an encoder would give: the bits of the last character that carry nothing
 * are zero. Decoders ignore those bits, so that one signature could be spelled in several ways. The alphabet is
 * the verifier's own check.
 */
export function isCanonicalBase64url(text: string): boolean {
  const rest = text.length % 4
  if (rest === 0) return true
  if (rest === 1) return false
  const last = ALPHABET.indexOf(text.charAt(text.length - 1))
  return (last & (rest === 2 ? 0b1111 : 0b11)) === 0
}
