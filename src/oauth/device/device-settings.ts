/** Reads and checks the option `oauth.device` at boot. */

import { InvalidOption } from '../../errors.ts'
import { type ExpiryPolicy, lifetimeWithin, wholeSeconds } from '../../lifecycle/expiry-policy.ts'
import { count, record, text } from '../../option-values.ts'
import type { DeviceOptions } from '../oauth-options.ts'

export interface DeviceSettings {
  /** How long the codes are valid, in milliseconds. */
  readonly codesMs: number
  /** The minimum time between two polls, in milliseconds. */
  readonly intervalMs: number
  /** Maximum number of pending authorizations of one client. */
  readonly maxPending: number
  /** Lifetime of a token that is issued by this grant, in milliseconds. */
  readonly tokenLifetimeMs: number
  /** `null`: the page has no link to a sign-in page. */
  readonly signInUrl: string | null
}

const TEN_MINUTES = '10m'
const LONGEST_MS = 1_800_000
const FIVE_SECONDS = '5s'
const LONGEST_INTERVAL_MS = 60_000
const MAX_PENDING = 1_000

const KNOWN: readonly (keyof DeviceOptions)[] = [
  'expiresIn',
  'interval',
  'maxPending',
  'tokenLifetime',
  'signInUrl',
]

/** @throws {InvalidOption} Names the path of the invalid member. */
export function readDevice(options: unknown, expiry: ExpiryPolicy): DeviceSettings {
  const {
    expiresIn = TEN_MINUTES,
    interval = FIVE_SECONDS,
    maxPending = MAX_PENDING,
    tokenLifetime,
    signInUrl,
  } = record(options, KNOWN, 'oauth.device')
  return {
    codesMs: wholeSeconds(expiresIn, 'oauth.device.expiresIn', LONGEST_MS),
    intervalMs: wholeSeconds(interval, 'oauth.device.interval', LONGEST_INTERVAL_MS),
    maxPending: count(maxPending, 'oauth.device.maxPending'),
    tokenLifetimeMs: lifetimeWithin(tokenLifetime, 'oauth.device.tokenLifetime', expiry),
    signInUrl: signInUrl === undefined ? null : readUrl(text(signInUrl, 'oauth.device.signInUrl')),
  }
}

/** A path of the host or an http URL, but never a URL that a browser would execute. */
function readUrl(url: string): string {
  if (/^\/(?!\/)/.test(url)) return url
  const { protocol, username, password } = URL.parse(url) ?? {}
  // The URL is public, so it must not contain credentials.
  if ((protocol === 'https:' || protocol === 'http:') && `${username}${password}` === '') return url
  throw new InvalidOption("oauth.device.signInUrl must be a path such as '/sign-in', or an http URL")
}
