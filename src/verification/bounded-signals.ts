/** Limits how many results of `app.apiTokens.verify` have a watched signal, because code may forget to dispose of them. */

import { TooManySignals } from '../errors.ts'
import type { TokenSignals, TrackedSignal } from './token-signals.ts'
import type { CredentialSource, VerificationEntry } from './verification-entry.ts'

/** Each watched signal costs a timer and one read per `cache.ttl`. */
const MAX_WATCHED = 1_000

export class BoundedSignals {
  readonly #signals: Pick<TokenSignals, 'hold'>
  readonly #watched = new Set<TrackedSignal>()

  constructor(signals: Pick<TokenSignals, 'hold'>) {
    this.#signals = signals
  }

  /**
   * A signal of `TokenSignals`. It counts until it is released or has fired.
   *
   * @throws {TooManySignals} When the limit is reached.
   */
  hold(entry: VerificationEntry, source: CredentialSource): TrackedSignal {
    if (this.#watched.size >= MAX_WATCHED) throw new TooManySignals(MAX_WATCHED.toLocaleString('en'))
    const tracked = this.#signals.hold(entry, source)
    this.#watched.add(tracked)
    const remove = () => this.#watched.delete(tracked)
    tracked.signal.addEventListener('abort', remove, { once: true })
    return {
      signal: tracked.signal,
      release: () => {
        tracked.release()
        remove()
      },
    }
  }
}
