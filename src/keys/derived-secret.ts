/** Secrets derived from the signing keys (RFC 5869), so that instances with the same keys need no further secret. */

import { hkdfSync } from 'node:crypto'
import type { SigningKey } from './jwk.ts'

const LENGTH = 32

/** The secret of a key for one purpose; `undefined` for a public key, which is not secret. */
export function derivedSecret({ signature }: SigningKey, purpose: string): Buffer | undefined {
  if (signature === undefined) return undefined
  return Buffer.from(hkdfSync('sha256', signature, '', `fastify-api-tokens ${purpose}`, LENGTH))
}
