/** Creates the `VerifiedToken` of an accepted entry. */

import type { VerifiedToken } from '../token/verified-token.ts'
import type { TrackedSignal } from './token-signals.ts'
import type { VerificationEntry } from './verification-entry.ts'

/** The result of `app.apiTokens.verify`. Disposing it ends the watch of its signal, because no response does. */
export function disposableToken(
  entry: VerificationEntry,
  hold: () => TrackedSignal,
): VerifiedToken & Disposable {
  let tracked: TrackedSignal | undefined
  let isDisposed = false
  const holdSignal = () => {
    // Nothing watches the token any more, so work that starts now ends at once.
    if (isDisposed) return AbortSignal.abort()
    tracked = hold()
    return tracked.signal
  }
  const dispose = () => {
    isDisposed = true
    tracked?.release()
  }
  const verified = verifiedToken(entry, holdSignal)
  // Not enumerable, so that a copy of the token has no dispose method.
  Object.defineProperty(verified, Symbol.dispose, { value: dispose })
  return Object.freeze(verified as VerifiedToken & Disposable)
}

/** The token, not frozen yet. Its signal is created when it is first read. */
export function verifiedToken(entry: VerificationEntry, holdSignal: () => AbortSignal): VerifiedToken {
  const { expiresAt } = entry
  if (entry.rejection !== null) throw new Error('a rejected token cannot be used')
  let signal: AbortSignal | undefined
  const verified = {
    id: entry.tokenId,
    userId: entry.userId,
    scopes: entry.scopes,
    name: entry.name,
    metadata: entry.limits?.metadata ?? null,
    rateLimit: entry.limits?.rateLimit ?? null,
    issuedAt: new Date(entry.issuedAt),
    expiresAt: expiresAt === null ? null : new Date(expiresAt),
    get signal() {
      signal ??= holdSignal()
      return signal
    },
  }
  return Object.defineProperty(verified, 'accessToken', { value: entry.accessToken }) as VerifiedToken
}
