/** Reads the options whose values are objects of the host: `store`, `keys` and `clock`. */

import { type Clock, checkedClock, systemClock } from './clock.ts'
import { InvalidOption } from './errors.ts'
import { jwksFile } from './keys/jwks-file.ts'
import { isKeySet, type KeySource } from './keys/key-source.ts'
import { memoryKey } from './keys/memory-key.ts'
import { flag, isRecord, listOf } from './option-values.ts'
import type { ApiTokensOptions } from './options.ts'
import { missingMethods } from './store/missing-methods.ts'
import type { TokenStore } from './store/token-store.ts'

const DEFAULT_KEYS_FILE = 'api-tokens.jwks.json'

/** @throws {InvalidOption} For an object that is not a store. A missing method is named. */
export function readStore(store: unknown): TokenStore | undefined {
  if (store === undefined) return undefined
  if (!isRecord(store) || typeof store['findTokens'] !== 'function') {
    throw new InvalidOption('store must be a TokenStore, such as sqliteTokenStore({ filename }) returns')
  }
  const [missing] = missingMethods(store)
  if (missing !== undefined) throw new InvalidOption(`store must be a TokenStore: it has no ${missing}()`)
  flag(store['shared'], 'store.shared')
  flag(store['volatile'] ?? false, 'store.volatile')
  // Each member was checked above.
  return store as unknown as TokenStore
}

export function readKeys({ keys, store }: Pick<ApiTokensOptions, 'keys' | 'store'>): KeySource {
  if (keys === undefined) {
    if (store?.shared === true) {
      throw new InvalidOption(
        'keys must be given with a store that several machines share: all of them need the same keys',
      )
    }
    return store?.volatile === true ? [memoryKey(store)] : jwksFile(DEFAULT_KEYS_FILE)
  }
  if (listOf(keys) !== undefined || isKeySet(keys) || typeof keys === 'function') return keys
  throw new InvalidOption('keys must be an array of JWKs, a JWK Set, or a function that returns either')
}

/** @throws {InvalidOption} For an object without `now()`, and for a clock that fails at boot. */
export function readClock(clock: unknown): Clock {
  if (clock === undefined) return systemClock
  if (!isRecord(clock) || typeof clock['now'] !== 'function') {
    throw new InvalidOption('clock must have a now() that returns milliseconds')
  }
  const checked = checkedClock(clock as unknown as Clock)
  try {
    checked.now()
  } catch (cause) {
    throw new InvalidOption('clock.now() must return milliseconds since the epoch, as a number', { cause })
  }
  return checked
}
