/** Secrets derived from the signing keys (RFC 5869), so that instances with the same keys need no further secret. */

import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import type { SigningKey } from './jwk.ts'

const LENGTH = 32

/** The secret of a key for one purpose; `undefined` for a public key, which is not secret. */
export function derivedSecret(
  { privateHalf }: Pick<SigningKey, 'privateHalf'>,
  purpose: string,
): KeyObject | undefined {
  if (privateHalf === undefined) return undefined
  const secret = hkdfSync('sha256', privateHalf, '', `fastify-api-tokens ${purpose}`, LENGTH)
  return createSecretKey(Buffer.from(secret))
}
