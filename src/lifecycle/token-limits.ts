/** The limits that code and administrators set on a token: checks and copies them. Owners cannot set them. */

import { type Duration, parseDuration } from '../duration.ts'
import { InvalidInput } from '../errors.ts'
import { listOf, membersOf } from '../option-values.ts'
import type { JsonObject, RateLimit, TokenLimits } from '../token/token.ts'
import { DAY_MS } from '../utc-day.ts'
import { parseRange, rangeText } from '../verification/address-ranges.ts'
import { metadataFrom } from './metadata.ts'

/** How many requests one token may make: at most `max` in each window. */
export interface GivenRateLimit {
  /** From 1 to 1,000,000,000. */
  readonly max: number
  /** From a second to a day, in whole seconds. */
  readonly timeWindow: Duration
}

/** Limits of a token. `null` removes one, `undefined` counts as left out. */
export interface GivenLimits {
  /** Data of the host for `request.apiToken.metadata`: a plain object of at most 4,096 bytes of JSON. */
  readonly metadata?: JsonObject | null | undefined
  /** The addresses that may use the token: 1 to 100 IP addresses and CIDR ranges (RFC 4632). */
  readonly allowedIps?: readonly string[] | null | undefined
  /** Enforced by `tokenRateLimit` with `@fastify/rate-limit`. */
  readonly rateLimit?: GivenRateLimit | null | undefined
}

const MAX_RANGES = 100
const MAX_REQUESTS = 1_000_000_000
const SECOND_MS = 1_000

/**
 * The limits that are given, checked and copied. Those that are left out are missing.
 *
 * @throws {InvalidInput} That names the invalid member.
 */
export function limitsFrom({ metadata, allowedIps, rateLimit }: GivenLimits): Partial<TokenLimits> {
  return {
    ...(metadata === undefined ? {} : { metadata: metadata === null ? null : metadataFrom(metadata) }),
    ...(allowedIps === undefined ? {} : { allowedIps: allowedIps === null ? null : rangesFrom(allowedIps) }),
    ...(rateLimit === undefined ? {} : { rateLimit: rateLimit === null ? null : rateLimitFrom(rateLimit) }),
  }
}

/** Each range once, in canonical form. An empty list would be a token that nobody can use. */
function rangesFrom(given: unknown): readonly string[] {
  const list = listOf(given)
  if (list === undefined || list.length < 1 || list.length > MAX_RANGES)
    throw new InvalidInput(`allowedIps must be a list of 1 to ${MAX_RANGES} IP addresses and CIDR ranges`)
  return Object.freeze([...new Set(list.map(rangeFrom))])
}

function rangeFrom(given: unknown, index: number): string {
  if (typeof given !== 'string') throw new InvalidInput(`allowedIps[${index}] must be a string`)
  try {
    return rangeText(parseRange(given))
  } catch (error) {
    if (error instanceof RangeError) throw new InvalidInput(`allowedIps[${index}] ${error.message}`)
    throw error
  }
}

function rateLimitFrom(given: unknown): RateLimit {
  const refuse = (message: string) => new InvalidInput(message)
  const known = ['max', 'timeWindow']
  const called = 'a member of rateLimit'
  const members = membersOf(given, { known, what: 'rateLimit', before: 'rateLimit.', called, refuse })
  return Object.freeze({ max: maxFrom(members['max']), timeWindow: timeWindowFrom(members['timeWindow']) })
}

function maxFrom(max: unknown): number {
  if (typeof max === 'number' && Number.isInteger(max) && max >= 1 && max <= MAX_REQUESTS) return max
  throw new InvalidInput(`rateLimit.max must be a whole number from 1 to ${MAX_REQUESTS}`)
}

/** Whole seconds, because the routes have seconds. */
function timeWindowFrom(timeWindow: unknown): number {
  const ms = parseDuration(timeWindow)
  if (ms !== undefined && ms >= SECOND_MS && ms <= DAY_MS && ms % SECOND_MS === 0) return ms
  throw new InvalidInput('rateLimit.timeWindow must be whole seconds, at least 1s and at most 1d')
}
