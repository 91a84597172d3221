/** The option that says how instances hear of each other's changes. */

import { type Duration, durationMs } from '../duration.ts'
import { InvalidOption } from '../errors.ts'
import { flag, isRecord, record, text } from '../option-values.ts'
import type { PubSub } from '../store/pubsub.ts'

export interface InvalidationOptions {
  /**
   * What carries news between instances, beside the store's own feed: `redisPubSub(…)`, or `'store'` for the feed
   * alone. Default: NOTIFY where the store has it, otherwise the feed alone.
   */
  carrier?: PubSub | 'store' | undefined
  /** How long what is remembered lives at most while no news can be heard. Default: `'15s'`. */
  bound?: Duration | undefined
}

export interface InvalidationSettings {
  /** `undefined`: what the store offers. */
  readonly carrier: PubSub | null | undefined
  readonly boundMs: number
}

/** An outage is noticed within two seconds: a bound must leave time for that. */
const LEAST_BOUND_MS = 3_000
const DAY_MS = 86_400_000

/** @throws {InvalidOption} That names the path of what is wrong. */
export function readInvalidation(options: unknown = {}): InvalidationSettings {
  const { carrier, bound = '15s' } = record(options, ['carrier', 'bound'], 'invalidation')
  const boundMs = durationMs(bound, 'invalidation.bound', DAY_MS)
  if (boundMs < LEAST_BOUND_MS) throw new InvalidOption('invalidation.bound must be at least 3 s')
  return { carrier: readPubSub(carrier), boundMs }
}

function readPubSub(carrier: unknown): PubSub | null | undefined {
  if (carrier === undefined) return undefined
  if (carrier === 'store') return null
  if (!isRecord(carrier) || typeof carrier['connect'] !== 'function') {
    throw new InvalidOption(
      "invalidation.carrier must be 'store', or a carrier such as redisPubSub({ url }) returns",
    )
  }
  text(carrier['name'], 'invalidation.carrier.name')
  flag(carrier['sentByStore'], 'invalidation.carrier.sentByStore')
  // Each member was checked above.
  return carrier as unknown as PubSub
}
