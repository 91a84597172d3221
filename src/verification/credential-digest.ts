/** The cache's key of a credential, so that a heap dump contains no usable credential. */

import { hash } from 'node:crypto'

/** The SHA-256 of a credential, in base64url. */
export function digestOf(credential: string): string {
  return hash('sha256', credential, 'base64url')
}
