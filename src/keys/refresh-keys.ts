/** Loads the keys again while the host runs, and replaces the current ones. */

import { isDeepStrictEqual } from 'node:util'
import { withTimeout } from '../with-timeout.ts'
import { type KeyFunction, readSigningKeys, warnOfPublicKeys } from './key-source.ts'
import type { Signer } from './signer.ts'

/** The time limit of the key function, in milliseconds. */
const SOURCE_TIMEOUT_MS = 5_000

export interface RefreshKeysDeps {
  readonly source: KeyFunction
  readonly signer: Signer
  log(message: string): void
  warn(message: string): void
  /** Called when the signer has changed. */
  onChange(): void
}

/**
 * If the key function fails or returns invalid keys, the current keys stay in use.
 *
 * @throws {Error} When the key function has no result within 5 s.
 * @throws {InvalidOption} When it returns invalid keys.
 */
export async function refreshKeys({ source, signer, log, warn, onChange }: RefreshKeysDeps): Promise<void> {
  // New keys are created at boot only: a file that is missing now has been removed.
  const result = source({ storeIsEmpty: async () => false, log, warn: () => undefined })
  const keys = readSigningKeys(await withTimeout(result, SOURCE_TIMEOUT_MS, 'the source of the keys'))
  if (isDeepStrictEqual(keys, signer.keys)) return
  signer.change(keys)
  warnOfPublicKeys(keys, warn)
  log(`API tokens are now signed and verified with these keys: ${keys.map(({ kid }) => kid).join(', ')}`)
  onChange()
}
