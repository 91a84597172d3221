/** Ends what outlives a request: an AbortSignal per holder of a token, fired when the token may no longer be used. */

import type { Clock } from '../clock.ts'
import type { Invalidation } from '../invalidation/invalidation-bus.ts'
import { endsAt } from '../token/status.ts'
import { withTimeout } from '../with-timeout.ts'
import { deadlineOf, type VerificationEntry } from './verification-entry.ts'

export interface TokenSignalsDeps {
  readonly clock: Clock
  /** The age at which every token expires, `null` for none. */
  readonly maxAgeMs: number | null
  /** How long a judgement is believed, in milliseconds: as long as a cache entry. */
  readonly ttlMs: number
  recheck(tokenId: string, userId: string): Promise<Recheck>
}

/** What asking again learned of a token. */
export interface Recheck {
  readonly refused: boolean
  /** When it ends by the clock, as its row says now: a rotation moves it. */
  readonly endsAt: number | null
}

export interface TrackedSignal {
  readonly signal: AbortSignal
  /** Stops the watch for this holder. The signal does not fire any more. */
  release(): void
}

/** A token that requests hold, judged again until none does. */
interface Watch {
  readonly tokenId: string
  readonly userId: string
  endsAt: number
  /** One per holder: a listener that one holder adds ends with it, however long another holds the token. */
  readonly controllers: Set<AbortController>
  timer: NodeJS.Timeout | undefined
  /** `pausing` after news that came while it was judged: the timer judges it again soon. */
  state: 'waiting' | 'judging' | 'pausing'
  /** Whether news came while it was judged. */
  isInvalidated: boolean
}

/** Before a token is judged again that changed while it was judged: `findUser` may cause such changes itself. */
const PAUSE_MS = 500
/** How long a judgement may take: longer than all reads that `recheck` makes of a store with a timeout. */
const LONGEST_MS = 30_000
/** The longest that a timer can wait; it is judged again then and waits on. */
const MAX_DELAY_MS = 2 ** 31 - 1

export class TokenSignals {
  readonly #parts: TokenSignalsDeps
  readonly #watches = new Map<string, Watch>()

  constructor(parts: TokenSignalsDeps) {
    this.#parts = parts
  }

  /** A signal of an accepted entry's token, for one holder, that says when it is done by the returned `release`. */
  hold(entry: VerificationEntry): TrackedSignal {
    const watch = this.#watches.get(entry.tokenId) ?? this.#start(entry)
    const controller = new AbortController()
    watch.controllers.add(controller)
    return { signal: controller.signal, release: () => this.#release(watch, controller) }
  }

  /** Ends at once what the news says has ended, and judges the rest again. */
  onInvalidate({ target, ended }: Invalidation): void {
    for (const watch of this.#about(target)) {
      if (ended) this.#end(watch)
      else this.#invalidate(watch)
    }
  }

  /** Judges all again. */
  reevaluateAll(): void {
    for (const watch of this.#watches.values()) this.#invalidate(watch)
  }

  /** Stops watching, without firing. */
  close(): void {
    for (const watch of this.#watches.values()) clearTimeout(watch.timer)
    this.#watches.clear()
  }

  #start(entry: VerificationEntry): Watch {
    const watch: Watch = {
      tokenId: entry.tokenId,
      userId: entry.userId,
      endsAt: entry.token === null ? Infinity : (endsAt(entry.token, this.#parts.maxAgeMs) ?? Infinity),
      controllers: new Set(),
      timer: undefined,
      state: 'waiting',
      isInvalidated: false,
    }
    // An entry that has left the cache may have left by news that came before this holder did. Where the clock fails
    // the holder gets no signal, and the next one starts a new watch.
    this.#wait(watch, entry.live ? deadlineOf(entry) : 0)
    this.#watches.set(entry.tokenId, watch)
    return watch
  }

  /** Every watched token that the news is about. */
  #about(target: Invalidation['target']): Watch[] {
    if ('tokenId' in target) {
      const watch = this.#watches.get(target.tokenId)
      return watch === undefined ? [] : [watch]
    }
    return [...this.#watches.values()].filter((watch) => watch.userId === target.userId)
  }

  #wait(watch: Watch, until: number): void {
    clearTimeout(watch.timer)
    const now = this.#parts.clock.now()
    const delay = Math.max(0, Math.min(until - now, watch.endsAt - now, this.#parts.ttlMs, MAX_DELAY_MS))
    watch.timer = setTimeout(() => void this.#reevaluate(watch), delay)
    watch.timer.unref()
  }

  /** News that comes while the token is judged, or is to be judged soon, starts no other judgement. */
  #invalidate(watch: Watch): void {
    watch.isInvalidated = true
    if (watch.state === 'waiting') void this.#reevaluate(watch)
  }

  /** A clock of the host's that fails ends the token: without the time nothing tells that it may still be used. */
  #reevaluate(watch: Watch): Promise<void> {
    return this.#reevaluateByClock(watch).catch(() => this.#end(watch))
  }

  async #reevaluateByClock(watch: Watch): Promise<void> {
    clearTimeout(watch.timer)
    watch.state = 'judging'
    watch.isInvalidated = false
    const refused = await this.#isRefused(watch)
    if (this.#watches.get(watch.tokenId) !== watch) return
    if (refused) return this.#end(watch)
    watch.state = watch.isInvalidated ? 'pausing' : 'waiting'
    this.#wait(watch, watch.isInvalidated ? this.#parts.clock.now() + PAUSE_MS : Infinity)
  }

  /** While the store cannot answer, only the clock speaks. */
  async #isRefused(watch: Watch): Promise<boolean> {
    try {
      const recheck = this.#parts.recheck(watch.tokenId, watch.userId)
      const { refused, endsAt } = await withTimeout(recheck, LONGEST_MS, 'the store')
      watch.endsAt = endsAt ?? Infinity
      return refused
    } catch {
      return this.#parts.clock.now() >= watch.endsAt
    }
  }

  #end(watch: Watch): void {
    this.#forget(watch)
    for (const controller of watch.controllers) {
      controller.abort(new DOMException('The API token is no longer active', 'AbortError'))
    }
    watch.controllers.clear()
  }

  #release(watch: Watch, controller: AbortController): void {
    watch.controllers.delete(controller)
    if (watch.controllers.size === 0) this.#forget(watch)
  }

  #forget(watch: Watch): void {
    clearTimeout(watch.timer)
    if (this.#watches.get(watch.tokenId) === watch) this.#watches.delete(watch.tokenId)
  }
}
