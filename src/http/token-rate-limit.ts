/** The rate limits of tokens, as options for `@fastify/rate-limit`, which counts the requests. */

import type { FastifyRequest } from 'fastify'
import { type Duration, durationMs } from '../duration.ts'
import { count, noMore, optionsOf } from '../option-values.ts'
import { networkOf } from '../verification/address-ranges.ts'

/** The limit of a token without one of its own, and of requests without a token. */
export interface TokenRateLimitOptions {
  /** The number of requests in each window. */
  readonly max: number
  /** In milliseconds, or a string such as `'1m'`. */
  readonly timeWindow: Duration
}

/** Options of `@fastify/rate-limit`. */
export interface TokenRateLimit {
  /** After the hooks of the package at every position: only then `request.apiToken` is set. */
  readonly hook: 'preHandler'
  readonly keyGenerator: (request: FastifyRequest) => string
  readonly max: (request: FastifyRequest) => number
  readonly timeWindow: (request: FastifyRequest) => number
}

/** The longest window that its stores can count, in milliseconds: 24 days. */
const MAX_WINDOW_MS = 2 ** 31 - 1

/**
 * Options for `@fastify/rate-limit`, with which each token has a counter and its own `rateLimit`. Requests without a token
 * are counted by their address: an IPv4 address, or the first 64 bits of an IPv6 address.
 *
 * @throws {InvalidOption} For an invalid `max` or `timeWindow`, and for another member.
 * @example
 * import rateLimit from '@fastify/rate-limit'
 *
 * await app.register(rateLimit, tokenRateLimit({ max: 100, timeWindow: '1m' }))
 */
export function tokenRateLimit(options: TokenRateLimitOptions, ...more: never[]): TokenRateLimit {
  noMore('tokenRateLimit', more)
  const given = optionsOf('tokenRateLimit', options, ['max', 'timeWindow'])
  const max = count(given.max, 'tokenRateLimit: max')
  const windowMs = durationMs(given.timeWindow, 'tokenRateLimit: timeWindow', MAX_WINDOW_MS)
  return {
    hook: 'preHandler',
    keyGenerator: keyOf,
    max: ({ apiToken }) => apiToken?.rateLimit?.max ?? max,
    timeWindow: ({ apiToken }) => apiToken?.rateLimit?.timeWindow ?? windowMs,
  }
}

/** A route outside of the plugin has no `request.apiToken`. */
function keyOf({ apiToken, ip }: FastifyRequest): string {
  const id = apiToken?.id
  return id === undefined ? addressKey(ip) : `token:${id}`
}

/** Requests without an address, and with one that a proxy has made up, share their counters. */
function addressKey(address: string | undefined): string {
  return `ip:${networkOf(address ?? '') ?? 'unknown'}`
}
