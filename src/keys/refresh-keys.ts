/** Asks the source of the keys again while the host runs, and takes the answer in the place of the keys at hand. */

import { isDeepStrictEqual } from 'node:util'
import { withTimeout } from '../with-timeout.ts'
import { type KeyFunction, readSigningKeys } from './key-source.ts'
import type { Signer } from './signer.ts'

/** How long an answer of the source may take, in milliseconds. */
const SOURCE_TIMEOUT_MS = 5_000

export interface RefreshKeysDeps {
  readonly source: KeyFunction
  readonly signer: Signer
  log(message: string): void
  /** Called when the signer has changed. */
  onChange(): void
}

/**
 * A source that fails, or gives keys that are none, changes nothing: the keys at hand go on working.
 *
 * @throws {Error} When the source gave no keys within 5 s.
 * @throws {InvalidOption} When it gave wrong ones.
 */
export async function refreshKeys({ source, signer, log, onChange }: RefreshKeysDeps): Promise<void> {
  // Keys are made up at boot alone: what is missing now was taken away.
  const answer = source({ storeIsEmpty: async () => false, log, warn: () => undefined })
  const keys = readSigningKeys(await withTimeout(answer, SOURCE_TIMEOUT_MS, 'the source of the keys'))
  if (isDeepStrictEqual(keys, signer.keys)) return
  signer.change(keys)
  log(`API tokens are now signed and verified with these keys: ${keys.map(({ kid }) => kid).join(', ')}`)
  onChange()
}
