/** Secrets that the signing keys imply (RFC 5869): whoever has the same keys has them too, and needs to keep none. */

import { hkdfSync } from 'node:crypto'
import type { SigningKey } from './jwk.ts'

const LENGTH = 32

/** The secret of a key for one purpose; of a public key `undefined`, since everybody has that. */
export function derivedSecret({ signature }: SigningKey, purpose: string): Buffer | undefined {
  if (signature === undefined) return undefined
  return Buffer.from(hkdfSync('sha256', signature, '', `fastify-api-tokens ${purpose}`, LENGTH))
}
