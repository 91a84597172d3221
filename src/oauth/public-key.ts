/** Checks public keys (RFC 7517) of clients and identity providers. */

import { createPublicKey, type KeyObject } from 'node:crypto'
import { InvalidOption } from '../errors.ts'

/** RFC 7518 §3.3: RSA keys of at least this size. */
const MIN_RSA_BITS = 2048

/**
 * @param name The name of the key in the error.
 * @throws {InvalidOption} If the key cannot verify a signature. A retry does not help.
 */
export function requireUsableKey(jwk: Readonly<Record<string, unknown>>, name: string): void {
  const { modulusLength } = publicKey(jwk, name).asymmetricKeyDetails ?? {}
  if (modulusLength !== undefined && modulusLength < MIN_RSA_BITS)
    throw new InvalidOption(`${name} must be of at least ${MIN_RSA_BITS} bits`)
}

function publicKey(jwk: Readonly<Record<string, unknown>>, name: string): KeyObject {
  try {
    return createPublicKey({ key: { ...jwk }, format: 'jwk' })
  } catch (cause) {
    throw new InvalidOption(`${name} is not a usable key`, { cause })
  }
}
