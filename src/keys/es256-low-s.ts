/**
 * For every ES256 signature (r, s), the signature (r, n − s) is valid, too. Only the one with the lower s is issued and
 * accepted, so that a credential has exactly one valid form.
 */

/** The order n of P-256 (FIPS 186-5, SEC 2 §2.4.2). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const HALF_ORDER = ORDER >> 1n
const COORDINATE_BYTES = 32

/** Whether the signature's s is in the lower half. */
export function hasLowS(signature: string): boolean {
  return readS(Buffer.from(signature, 'base64url')) <= HALF_ORDER
}

/** The equivalent signature with the lower s. */
export function withLowS(signature: string): string {
  const bytes = Buffer.from(signature, 'base64url')
  const s = readS(bytes)
  if (s <= HALF_ORDER) return signature
  bytes.write((ORDER - s).toString(16).padStart(COORDINATE_BYTES * 2, '0'), COORDINATE_BYTES, 'hex')
  return bytes.toString('base64url')
}

function readS(signature: Buffer): bigint {
  return BigInt(`0x${signature.toString('hex', COORDINATE_BYTES)}`)
}
