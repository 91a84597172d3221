/** Bounds how many signals are watched for code that may forget to say when it is done with them. */

import { TooManySignals } from '../errors.ts'
import type { TokenSignals, TrackedSignal } from './token-signals.ts'
import type { VerificationEntry } from './verification-entry.ts'

/** A watch costs a timer and a read per `cache.ttl` for as long as it lasts. */
const MAX_WATCHED = 1_000

export class BoundedSignals {
  readonly #signals: Pick<TokenSignals, 'hold'>
  readonly #watched = new Set<TrackedSignal>()

  constructor(signals: Pick<TokenSignals, 'hold'>) {
    this.#signals = signals
  }

  /**
   * A signal as `TokenSignals` gives it. It counts until it is released or has fired.
   *
   * @throws {TooManySignals} When so many are watched already.
   */
  hold(entry: VerificationEntry): TrackedSignal {
    if (this.#watched.size >= MAX_WATCHED) throw new TooManySignals(MAX_WATCHED.toLocaleString('en'))
    const held = this.#signals.hold(entry)
    this.#watched.add(held)
    const forget = () => this.#watched.delete(held)
    held.signal.addEventListener('abort', forget, { once: true })
    return {
      signal: held.signal,
      release: () => {
        held.release()
        forget()
      },
    }
  }
}
