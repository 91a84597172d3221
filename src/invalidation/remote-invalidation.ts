/**
 * The news between instances: the store's feed, which every instance reads, and a carrier that is quicker where there
 * is one. Only the feed is relied on: while it is silent, nothing remembered outlives the bound.
 */

import type { ChangeFeed, InvalidationTarget } from '../store/change-feed.ts'
import type { PubSub } from '../store/pubsub.ts'
import { PubSubClient } from './pubsub-client.ts'
import { StoreFeed } from './store-feed.ts'

export type Availability = 'available' | 'unavailable'

/** What `stats()` tells of the news. */
export interface InvalidationStats {
  /** Whether the store's own feed answers. */
  readonly feed: Availability
  /** Milliseconds from the last change that the feed told of until it did; `null` before the first. */
  readonly feedLagMs: number | null
  /** The carrier's name, or `null` when the feed is alone. */
  readonly carrier: string | null
  /** Whether the carrier's heartbeats return; `null` without a carrier. */
  readonly pubsubAvailability: Availability | null
  /** Milliseconds that the last heartbeat was under way. */
  readonly pubsubLagMs: number | null
}

export interface RemoteInvalidationDeps {
  readonly feed: ChangeFeed
  readonly carrier: PubSub | null
  /** How long an entry may live while no news can be heard, in milliseconds. */
  readonly boundMs: number
  readonly log: InvalidationLog
  hear(subject: InvalidationTarget): void
  /** Nothing that is remembered may be believed for more than `restMs` from now, nor new entries for more than `lifeMs`. */
  limitLives(restMs: number, lifeMs: number): void
  /** News is heard again. */
  liftLimit(): void
}

export interface InvalidationLog {
  info(details: object, message: string): void
  warn(details: object, message: string): void
}

export class RemoteInvalidation {
  readonly #parts: RemoteInvalidationDeps
  readonly #feed: StoreFeed
  readonly #link: PubSubClient | null
  #feedAvailability: Availability = 'available'
  #pubsubAvailability: Availability | null = null

  constructor(parts: RemoteInvalidationDeps) {
    const { feed, carrier, hear } = parts
    this.#parts = parts
    this.#feed = new StoreFeed({
      feed,
      hear,
      onAvailable: () => this.#feedAvailable(),
      onUnavailable: (error, receivedUntil) => this.#feedFailed(error, receivedUntil),
    })
    this.#link =
      carrier === null
        ? null
        : new PubSubClient({
            carrier,
            hear,
            onAvailable: () => this.#pubsubAvailable(carrier),
            onUnavailable: (error) => this.#pubsubFailed(carrier, error),
          })
  }

  /** Begins to listen. Rejects when the store cannot answer, or when the carrier can never work. */
  async open(): Promise<void> {
    await this.#feed.start()
    await this.#link?.start()
  }

  /** Tells the other instances of a change that was made here; what a carrier loses, the store's feed tells. */
  tell(subject: InvalidationTarget): void {
    this.#link?.tell(subject)
  }

  async close(): Promise<void> {
    await Promise.all([this.#feed.stop(), this.#link?.stop()])
  }

  stats(): InvalidationStats {
    return {
      feed: this.#feedAvailability,
      feedLagMs: this.#feed.lagMs,
      carrier: this.#parts.carrier?.name ?? null,
      pubsubAvailability: this.#pubsubAvailability,
      pubsubLagMs: this.#link?.lagMs ?? null,
    }
  }

  #feedAvailable(): void {
    if (this.#feedAvailability === 'available') return
    this.#feedAvailability = 'available'
    this.#parts.liftLimit()
    this.#parts.log.info({}, 'news of changed API tokens is heard again from the store')
  }

  #feedFailed(err: unknown, receivedUntil: number): void {
    if (this.#feedAvailability === 'unavailable') return
    this.#feedAvailability = 'unavailable'
    const { boundMs, limitLives, log } = this.#parts
    // What was changed while the last good look was under way may be missing in it.
    limitLives(Math.max(0, boundMs - (performance.now() - receivedUntil)), boundMs)
    log.warn(
      { err, boundMs },
      'news of changed API tokens cannot be read from the store: entries live shorter',
    )
  }

  #pubsubAvailable({ name }: PubSub): void {
    if (this.#pubsubAvailability === 'available') return
    if (this.#pubsubAvailability === 'unavailable') {
      this.#parts.log.info({ carrier: name }, 'the carrier of news of API tokens is in reach again')
    }
    this.#pubsubAvailability = 'available'
    // What it lost meanwhile is in the store.
    void this.#feed.look()
  }

  #pubsubFailed({ name }: PubSub, err: unknown): void {
    if (this.#pubsubAvailability !== 'unavailable') {
      this.#parts.log.warn({ err, carrier: name }, 'the carrier of news of API tokens is out of reach')
    }
    this.#pubsubAvailability = 'unavailable'
  }
}
