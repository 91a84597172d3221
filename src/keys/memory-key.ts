/** The signing key of a volatile store, whose tokens end with the process. It is stored in memory only. */

import type { SigningJwk } from './jwk.ts'
import { newKey } from './new-key.ts'

const keys = new WeakMap<object, SigningJwk>()

/** The same key for the same store, so that a second application with the store accepts the tokens of the first. */
export function memoryKey(store: object): SigningJwk {
  const known = keys.get(store)
  if (known !== undefined) return known
  const key = newKey('HS256')
  keys.set(store, key)
  return key
}
