/** The signing key of a store whose tokens end with the process: made in memory, and written nowhere. */

import type { SigningJwk } from './jwk.ts'
import { newKey } from './new-key.ts'

const keys = new WeakMap<object, SigningJwk>()

/** Always the same for one store, so that a second application on it accepts the tokens of the first. */
export function memoryKey(store: object): SigningJwk {
  const known = keys.get(store)
  if (known !== undefined) return known
  const key = newKey('HS256')
  keys.set(store, key)
  return key
}
