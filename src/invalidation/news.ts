/**
 * The news between instances: the store's feed, which every instance reads, and a carrier that is quicker where there
 * is one. Only the feed is relied on: while it is silent, nothing remembered outlives the bound.
 */

import type { ChangeFeed, ChangeSubject } from '../store/change-feed.ts'
import type { NewsCarrier } from '../store/news-carrier.ts'
import { CarrierLink } from './carrier-link.ts'
import { StoreFeed } from './store-feed.ts'

export type Reach = 'in_reach' | 'out_of_reach'

/** What `stats()` tells of the news. */
export interface NewsStats {
  /** Whether the store's own feed answers. */
  readonly feed: Reach
  /** Milliseconds from the last change that the feed told of until it did; `null` before the first. */
  readonly feedLagMs: number | null
  /** The carrier's name, or `null` when the feed is alone. */
  readonly carrier: string | null
  /** Whether the carrier's heartbeats return; `null` without a carrier. */
  readonly carrierReach: Reach | null
  /** Milliseconds that the last heartbeat was under way. */
  readonly carrierLagMs: number | null
}

export interface NewsParts {
  readonly feed: ChangeFeed
  readonly carrier: NewsCarrier | null
  /** How long an entry may live while no news can be heard, in milliseconds. */
  readonly boundMs: number
  readonly log: NewsLog
  hear(subject: ChangeSubject): void
  /** Nothing that is remembered may be believed for more than `restMs` from now, nor new entries for more than `lifeMs`. */
  limitLives(restMs: number, lifeMs: number): void
  /** News is heard again. */
  liftLimit(): void
}

export interface NewsLog {
  info(details: object, message: string): void
  warn(details: object, message: string): void
}

export class News {
  readonly #parts: NewsParts
  readonly #feed: StoreFeed
  readonly #link: CarrierLink | null
  #feedReach: Reach = 'in_reach'
  #carrierReach: Reach | null = null

  constructor(parts: NewsParts) {
    const { feed, carrier, hear } = parts
    this.#parts = parts
    this.#feed = new StoreFeed({
      feed,
      hear,
      onReached: () => this.#feedReached(),
      onMissed: (error, heardUntil) => this.#feedMissed(error, heardUntil),
    })
    this.#link =
      carrier === null
        ? null
        : new CarrierLink({
            carrier,
            hear,
            onReached: () => this.#carrierReached(carrier),
            onMissed: (error) => this.#carrierMissed(carrier, error),
          })
  }

  /** Begins to listen. Rejects when the store cannot answer, or when the carrier can never work. */
  async open(): Promise<void> {
    await this.#feed.start()
    await this.#link?.start()
  }

  /** Tells the other instances of a change that was made here; what a carrier loses, the store's feed tells. */
  tell(subject: ChangeSubject): void {
    this.#link?.tell(subject)
  }

  async close(): Promise<void> {
    await Promise.all([this.#feed.stop(), this.#link?.stop()])
  }

  stats(): NewsStats {
    return {
      feed: this.#feedReach,
      feedLagMs: this.#feed.lagMs,
      carrier: this.#parts.carrier?.name ?? null,
      carrierReach: this.#carrierReach,
      carrierLagMs: this.#link?.lagMs ?? null,
    }
  }

  #feedReached(): void {
    if (this.#feedReach === 'in_reach') return
    this.#feedReach = 'in_reach'
    this.#parts.liftLimit()
    this.#parts.log.info({}, 'news of changed API tokens is heard again from the store')
  }

  #feedMissed(err: unknown, heardUntil: number): void {
    if (this.#feedReach === 'out_of_reach') return
    this.#feedReach = 'out_of_reach'
    const { boundMs, limitLives, log } = this.#parts
    // What was changed while the last good look was under way may be missing in it.
    limitLives(Math.max(0, boundMs - (performance.now() - heardUntil)), boundMs)
    log.warn(
      { err, boundMs },
      'news of changed API tokens cannot be read from the store: entries live shorter',
    )
  }

  #carrierReached({ name }: NewsCarrier): void {
    if (this.#carrierReach === 'in_reach') return
    if (this.#carrierReach === 'out_of_reach') {
      this.#parts.log.info({ carrier: name }, 'the carrier of news of API tokens is in reach again')
    }
    this.#carrierReach = 'in_reach'
    // What it lost meanwhile is in the store.
    void this.#feed.look()
  }

  #carrierMissed({ name }: NewsCarrier, err: unknown): void {
    if (this.#carrierReach !== 'out_of_reach') {
      this.#parts.log.warn({ err, carrier: name }, 'the carrier of news of API tokens is out of reach')
    }
    this.#carrierReach = 'out_of_reach'
  }
}
