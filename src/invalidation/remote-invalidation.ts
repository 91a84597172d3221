/**
 * Receives the changes of other instances: by the store's change feed, which every instance polls, and by a faster
 * pub/sub if there is one. Only the feed guarantees delivery. While it is unavailable, cache entries live shorter.
 */

import type { ChangeFeed, InvalidationTarget } from '../store/change-feed.ts'
import type { PubSub } from '../store/pubsub.ts'
import { PubSubClient } from './pubsub-client.ts'
import { StoreFeed } from './store-feed.ts'

export type Availability = 'available' | 'unavailable'

/** The member `invalidation` of `stats()`. */
export interface InvalidationStats {
  /** Whether the last poll of the store's change feed succeeded. */
  readonly feed: Availability
  /** Milliseconds from the last change in the feed until it was read; `null` before the first. */
  readonly feedLagMs: number | null
  /** Whether the heartbeats of the pub/sub return; `null` without a pub/sub, and before the first connection. */
  readonly pubsub: Availability | null
  /** Such as `'redis'`; `null` without a pub/sub. */
  readonly pubsubName: string | null
  /** Milliseconds that the last heartbeat took; `null` while the pub/sub is unavailable. */
  readonly pubsubLagMs: number | null
}

export interface RemoteInvalidationDeps {
  readonly feed: ChangeFeed
  readonly pubsub: PubSub | null
  /** Maximum age of a cache entry while the feed is unavailable. */
  readonly maxStalenessMs: number
  readonly log: InvalidationLog
  onInvalidate(target: InvalidationTarget): void
  /** Limits the life of present cache entries to `restMs` from now, and the life of new ones to `lifeMs`. */
  shortenEntries(restMs: number, lifeMs: number): void
  /** Called when the feed is available again. */
  removeLimit(): void
}

export interface InvalidationLog {
  info(details: object, message: string): void
  warn(details: object, message: string): void
}

export class RemoteInvalidation {
  readonly #deps: RemoteInvalidationDeps
  readonly #feed: StoreFeed
  readonly #client: PubSubClient | null
  #feedAvailability: Availability = 'available'
  #pubsubAvailability: Availability | null = null

  constructor(deps: RemoteInvalidationDeps) {
    const { feed, pubsub, onInvalidate } = deps
    this.#deps = deps
    this.#feed = new StoreFeed({
      feed,
      onInvalidate,
      onAvailable: () => this.#feedAvailable(),
      onUnavailable: (error, receivedUntil) => this.#feedFailed(error, receivedUntil),
    })
    this.#client =
      pubsub === null
        ? null
        : new PubSubClient({
            pubsub,
            onInvalidate,
            onAvailable: () => this.#pubsubAvailable(pubsub),
            onUnavailable: (error) => this.#pubsubFailed(pubsub, error),
          })
  }

  /** Rejects when the store is unavailable, or when the pub/sub can never work. */
  async open(): Promise<void> {
    await this.#feed.start()
    await this.#client?.start()
  }

  /** Publishes a change of this instance to the others. */
  publish(target: InvalidationTarget): void {
    this.#client?.publish(target)
  }

  async close(): Promise<void> {
    await Promise.all([this.#feed.stop(), this.#client?.stop()])
  }

  stats(): InvalidationStats {
    return {
      feed: this.#feedAvailability,
      feedLagMs: this.#feed.lagMs,
      pubsub: this.#pubsubAvailability,
      pubsubName: this.#deps.pubsub?.name ?? null,
      pubsubLagMs: this.#client?.lagMs ?? null,
    }
  }

  #feedAvailable(): void {
    if (this.#feedAvailability === 'available') return
    this.#feedAvailability = 'available'
    this.#deps.removeLimit()
    this.#deps.log.info({}, 'the change feed of the store of API tokens is available again')
  }

  #feedFailed(err: unknown, receivedUntil: number): void {
    if (this.#feedAvailability === 'unavailable') return
    this.#feedAvailability = 'unavailable'
    const { maxStalenessMs, shortenEntries, log } = this.#deps
    // The last successful poll may have missed changes that were made after it began.
    shortenEntries(Math.max(0, maxStalenessMs - (performance.now() - receivedUntil)), maxStalenessMs)
    log.warn(
      { err, maxStalenessMs },
      'the change feed of the store of API tokens is unavailable: cached verifications live shorter',
    )
  }

  #pubsubAvailable({ name }: PubSub): void {
    if (this.#pubsubAvailability === 'available') return
    if (this.#pubsubAvailability === 'unavailable') {
      this.#deps.log.info({ pubsub: name }, 'the pub/sub of API tokens is available again')
    }
    this.#pubsubAvailability = 'available'
    // Messages that the pub/sub lost are in the feed.
    void this.#feed.poll()
  }

  #pubsubFailed({ name }: PubSub, err: unknown): void {
    if (this.#pubsubAvailability !== 'unavailable') {
      this.#deps.log.warn({ err, pubsub: name }, 'the pub/sub of API tokens is unavailable')
    }
    this.#pubsubAvailability = 'unavailable'
  }
}
