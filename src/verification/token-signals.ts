/** Ends work that outlives its verification: an AbortSignal that fires when the token may no longer be used. */

import type { Clock } from '../clock.ts'
import type { Invalidation } from '../invalidation/invalidation-bus.ts'
import { withTimeout } from '../with-timeout.ts'
import type { AllowedAddresses } from './allowed-addresses.ts'
import type { CredentialSource, VerificationEntry } from './verification-entry.ts'

export interface TokenSignalsDeps {
  readonly clock: Clock
  /** The age at which every token expires; `null` for none. */
  readonly maxAgeMs: number | null
  /** How often a token is rechecked, in milliseconds: the ttl of the cache. */
  readonly ttlMs: number
  recheck(tokenId: string, userId: string): Promise<Recheck>
}

/** The result of evaluating a token again. */
export interface Recheck {
  readonly refused: boolean
  /** When it ends by the clock, as the row says now: a rotation changes it. */
  readonly endsAt: number | null
  /** The addresses that may use it now. `null`: every address, or the token is refused anyway. */
  readonly addresses: AllowedAddresses | null
}

export interface TrackedSignal {
  readonly signal: AbortSignal
  /** Stops watching for this signal: it does not fire any more. */
  release(): void
}

/** A token with open signals. It is evaluated again until all signals are released. */
interface Watch {
  readonly tokenId: string
  readonly userId: string
  endsAt: number
  /** One per request, so that the listeners of one request are freed with it while another still runs. */
  readonly controllers: Map<AbortController, CredentialSource>
  timer: NodeJS.Timeout | undefined
  /** `pausing`: an invalidation came during an evaluation, and the timer starts the next one soon. */
  state: 'waiting' | 'evaluating' | 'pausing'
  /** Whether an invalidation came during the present evaluation. */
  isInvalidated: boolean
}

/** The pause before a token that changed during its evaluation is evaluated again: `findUser` may cause such changes. */
const PAUSE_MS = 500
/** The time limit of an evaluation: longer than all reads of `recheck` together, with a store that has a timeout. */
const LONGEST_MS = 30_000
/** The longest delay of a timer; the token is evaluated then and the timer starts again. */
const MAX_DELAY_MS = 2 ** 31 - 1

export class TokenSignals {
  readonly #deps: TokenSignalsDeps
  readonly #watches = new Map<string, Watch>()

  constructor(deps: TokenSignalsDeps) {
    this.#deps = deps
  }

  /** A new signal of an accepted entry's token, for a request from this address. Call `release` when it is done. */
  hold(entry: VerificationEntry, source: CredentialSource): TrackedSignal {
    const watch = this.#watches.get(entry.tokenId) ?? this.#start(entry)
    const controller = new AbortController()
    watch.controllers.set(controller, source)
    return { signal: controller.signal, release: () => this.#release(watch, controller) }
  }

  /** Ends the signals of a target that has ended; evaluates the others again. */
  onInvalidate({ target, ended }: Invalidation): void {
    for (const watch of this.#watchesOf(target)) {
      if (ended) this.#end(watch)
      else this.#invalidate(watch)
    }
  }

  /** Evaluates all watched tokens again. */
  reevaluateAll(): void {
    for (const watch of this.#watches.values()) this.#invalidate(watch)
  }

  /** Stops watching. No signal fires. */
  close(): void {
    for (const watch of this.#watches.values()) clearTimeout(watch.timer)
    this.#watches.clear()
  }

  #start(entry: VerificationEntry): Watch {
    const watch: Watch = {
      tokenId: entry.tokenId,
      userId: entry.userId,
      endsAt: entry.endsAt ?? Infinity,
      controllers: new Map(),
      timer: undefined,
      state: 'waiting',
      isInvalidated: false,
    }
    // An entry that has left the cache may have been invalidated before this watch began: evaluate at once. If the clock
    // fails here, the watch is not registered, so that the next request starts a new one.
    this.#wait(watch, entry.live ? entry.deadline : 0)
    this.#watches.set(entry.tokenId, watch)
    return watch
  }

  #watchesOf(target: Invalidation['target']): Watch[] {
    if ('tokenId' in target) {
      const watch = this.#watches.get(target.tokenId)
      return watch === undefined ? [] : [watch]
    }
    return [...this.#watches.values()].filter((watch) => watch.userId === target.userId)
  }

  #wait(watch: Watch, until: number): void {
    clearTimeout(watch.timer)
    const now = this.#deps.clock.now()
    const delay = Math.max(0, Math.min(until - now, watch.endsAt - now, this.#deps.ttlMs, MAX_DELAY_MS))
    watch.timer = setTimeout(() => void this.#reevaluate(watch), delay)
    watch.timer.unref()
  }

  /** An invalidation during an evaluation or a pause starts no second evaluation. */
  #invalidate(watch: Watch): void {
    watch.isInvalidated = true
    if (watch.state === 'waiting') void this.#reevaluate(watch)
  }

  /** If the host's clock fails the signals fire: without the time the token cannot be known to be valid. */
  #reevaluate(watch: Watch): Promise<void> {
    return this.#reevaluateByClock(watch).catch(() => this.#end(watch))
  }

  async #reevaluateByClock(watch: Watch): Promise<void> {
    clearTimeout(watch.timer)
    watch.state = 'evaluating'
    watch.isInvalidated = false
    const { refused, addresses } = await this.#recheck(watch)
    if (this.#watches.get(watch.tokenId) !== watch) return
    if (refused) return this.#end(watch)
    if (addresses !== null) this.#endOutside(watch, addresses)
    if (watch.controllers.size === 0) return
    watch.state = watch.isInvalidated ? 'pausing' : 'waiting'
    this.#wait(watch, watch.isInvalidated ? this.#deps.clock.now() + PAUSE_MS : Infinity)
  }

  /** While the store is unavailable, only the clock ends a token. */
  async #recheck(watch: Watch): Promise<Pick<Recheck, 'refused' | 'addresses'>> {
    try {
      const recheck = this.#deps.recheck(watch.tokenId, watch.userId)
      const result = await withTimeout(recheck, LONGEST_MS, 'the store')
      watch.endsAt = result.endsAt ?? Infinity
      return result
    } catch {
      return { refused: this.#deps.clock.now() >= watch.endsAt, addresses: null }
    }
  }

  #end(watch: Watch): void {
    this.#remove(watch)
    for (const controller of watch.controllers.keys()) abort(controller)
    watch.controllers.clear()
  }

  /** Ends the signals of requests from other addresses, after the list of addresses has changed. */
  #endOutside(watch: Watch, addresses: AllowedAddresses): void {
    for (const [controller, { ip }] of [...watch.controllers]) {
      if (addresses.include(ip)) continue
      this.#release(watch, controller)
      abort(controller)
    }
  }

  #release(watch: Watch, controller: AbortController): void {
    watch.controllers.delete(controller)
    if (watch.controllers.size === 0) this.#remove(watch)
  }

  #remove(watch: Watch): void {
    clearTimeout(watch.timer)
    if (this.#watches.get(watch.tokenId) === watch) this.#watches.delete(watch.tokenId)
  }
}

function abort(controller: AbortController): void {
  controller.abort(new DOMException('The API token is no longer active', 'AbortError'))
}
