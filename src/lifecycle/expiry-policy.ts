/** The lifetime of tokens: the option `expiry`, applied to the lifetime that a request asks for. */

import { type Duration, durationMs, MAX_DURATION_MS, parseDuration } from '../duration.ts'
import { InvalidInput, InvalidOption } from '../errors.ts'
import { record } from '../option-values.ts'

/** Bounds of the lifetime of new tokens. See `docs/reference/options.md#expiry`. */
export interface ExpiryOptions {
  /** The lifetime of a token whose request names none. Default: `max`, or the token does not expire. */
  default?: Duration | undefined
  /** The shortest lifetime that a request may name. Default: one second. */
  min?: Duration | undefined
  /** The longest lifetime. With it every new token expires. Default: none. */
  max?: Duration | undefined
  /**
   * Whether `max` also ends tokens that were issued before it was set: with `'all'` a token ends at this age, whenever it
   * was issued. Default: `'new'`.
   */
  enforce?: 'new' | 'all' | undefined
}

/** The same in milliseconds, checked. */
export interface ExpiryPolicy {
  /** `null`: a token whose request names no lifetime does not expire. */
  readonly defaultMs: number | null
  readonly minMs: number
  /** `null`: tokens need not expire. */
  readonly maxMs: number | null
  /** The age at which every token expires, whenever it was issued; `null` where `max` is for new tokens only. */
  readonly maxAgeMs: number | null
}

/** The claim `exp` and `expires_in` count in seconds (RFC 7519 §2). */
const SECOND_MS = 1_000

/** @throws {InvalidOption} That names the member. */
export function readExpiry(options: unknown = {}): ExpiryPolicy {
  const known: readonly (keyof ExpiryOptions)[] = ['default', 'min', 'max', 'enforce']
  const members = record(options, known, 'expiry')
  const minMs = lifetimeOption(members['min'], 'expiry.min') ?? SECOND_MS
  const maxMs = lifetimeOption(members['max'], 'expiry.max')
  if (maxMs !== null && minMs > maxMs)
    throw new InvalidOption('expiry.min must not be longer than expiry.max')
  const defaultMs = lifetimeOption(members['default'], 'expiry.default') ?? maxMs
  if (defaultMs !== null && (defaultMs < minMs || defaultMs > (maxMs ?? Infinity))) {
    throw new InvalidOption('expiry.default must be from expiry.min to expiry.max')
  }
  return { defaultMs, minMs, maxMs, maxAgeMs: enforcesAll(members['enforce'], maxMs) ? maxMs : null }
}

/**
 * The option of a grant: the longest lifetime of its tokens in milliseconds, limited by the policy. Default: 90 days.
 *
 * @throws {InvalidOption} For one that the policy does not allow at all.
 */
export function lifetimeWithin(
  duration: unknown = '90d',
  path: string,
  { minMs, maxMs }: ExpiryPolicy,
): number {
  const ms = Math.min(wholeSeconds(duration, path), maxMs ?? Infinity)
  if (ms >= minMs) return ms
  throw new InvalidOption(`${path} must not be shorter than expiry.min`)
}

/** @throws {InvalidOption} For anything but a duration in whole seconds, the unit of `exp` and `expires_in`. */
export function wholeSeconds(duration: unknown, path: string, maxMs?: number): number {
  const ms = durationMs(duration, path, maxMs)
  if (ms % SECOND_MS === 0) return ms
  throw new InvalidOption(`${path} must be whole seconds, such as '60s' or 60000`)
}

function enforcesAll(enforce: unknown = 'new', maxMs: number | null): boolean {
  if (enforce !== 'new' && enforce !== 'all') {
    throw new InvalidOption("expiry.enforce must be 'new' or 'all'")
  }
  if (enforce === 'all' && maxMs === null) throw new InvalidOption("expiry.enforce: 'all' needs expiry.max")
  return enforce === 'all'
}

function lifetimeOption(duration: unknown, path: string): number | null {
  return duration === undefined ? null : wholeSeconds(duration, path)
}

/**
 * The lifetime of a new token in milliseconds; `null` for one that does not expire.
 *
 * @param wanted The lifetime in the request: `null` for no expiry, `undefined` for the default.
 * @throws {InvalidInput} For one outside the bounds.
 */
export function lifetimeMs(policy: ExpiryPolicy, wanted: Duration | null | undefined): number | null {
  const { minMs, maxMs } = policy
  if (wanted === undefined) return policy.defaultMs
  if (wanted === null) {
    if (maxMs === null) return null
    throw new InvalidInput('expiresIn must not be null: every token expires')
  }
  const ms = parseDuration(wanted)
  const max = maxMs ?? MAX_DURATION_MS
  if (ms !== undefined && ms >= minMs && ms <= max) return ms
  throw new InvalidInput(
    `expiresIn must be milliseconds from ${minMs} to ${max}, or a string such as '30d', or null where tokens need not expire`,
  )
}

/** The bounds in seconds, for the schemas of the routes. */
export function boundsInSeconds({ minMs, maxMs }: ExpiryPolicy): {
  readonly minimum: number
  readonly maximum: number
} {
  return { minimum: minMs / SECOND_MS, maximum: (maxMs ?? MAX_DURATION_MS) / SECOND_MS }
}
