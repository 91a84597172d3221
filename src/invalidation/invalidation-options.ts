/** The option `invalidation`: how instances receive each other's changes. */

import { type Duration, durationMs } from '../duration.ts'
import { InvalidOption } from '../errors.ts'
import { flag, isRecord, record, text } from '../option-values.ts'
import type { PubSub } from '../store/pubsub.ts'
import { DAY_MS } from '../utc-day.ts'

export interface InvalidationOptions {
  /**
   * Publishes invalidations faster than the store's change feed: `redisPubSub(…)` or `postgresPubSub(…)`. `false`
   * uses the feed alone. Default: the pub/sub of the store, if it has one.
   */
  pubsub?: PubSub | false | undefined
  /** Maximum age of a cached verification while the store is unavailable, from 3 s to a day. Default: `'15s'`. */
  maxStaleness?: Duration | undefined
}

export interface InvalidationSettings {
  /** `undefined`: the pub/sub of the store. `null`: none. */
  readonly pubsub: PubSub | null | undefined
  readonly maxStalenessMs: number
}

/** It takes up to two seconds to notice an outage of the store. */
const MIN_STALENESS_MS = 3_000

/** @throws {InvalidOption} Names the path of the wrong value. */
export function readInvalidation(options: unknown = {}): InvalidationSettings {
  const { pubsub, maxStaleness = '15s' } = record(options, ['pubsub', 'maxStaleness'], 'invalidation')
  const maxStalenessMs = durationMs(maxStaleness, 'invalidation.maxStaleness', DAY_MS)
  if (maxStalenessMs < MIN_STALENESS_MS) {
    throw new InvalidOption('invalidation.maxStaleness must be at least 3 s')
  }
  return { pubsub: readPubSub(pubsub), maxStalenessMs }
}

function readPubSub(pubsub: unknown): PubSub | null | undefined {
  if (pubsub === undefined) return undefined
  if (pubsub === false) return null
  if (!isRecord(pubsub) || typeof pubsub['connect'] !== 'function') {
    throw new InvalidOption(
      'invalidation.pubsub must be false, or a PubSub such as redisPubSub({ url }) returns',
    )
  }
  text(pubsub['name'], 'invalidation.pubsub.name')
  flag(pubsub['publishedByStore'], 'invalidation.pubsub.publishedByStore')
  // Each member was checked above.
  return pubsub as unknown as PubSub
}
