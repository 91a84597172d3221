/** The option `oauth.device` as the plugin works with it, checked at boot. */

import { InvalidOption } from '../../errors.ts'
import { type ExpiryPolicy, lifetimeWithin, wholeSeconds } from '../../lifecycle/expiry-policy.ts'
import { count, record, text } from '../../option-values.ts'
import type { DeviceOptions } from '../oauth-options.ts'

export interface DeviceSettings {
  /** How long the codes are valid, in milliseconds. */
  readonly codesMs: number
  /** The time between two polls, in milliseconds. */
  readonly intervalMs: number
  /** Authorizations of one client that may be pending at once. */
  readonly maxPending: number
  /** How long a token got by codes lives, in milliseconds. */
  readonly tokenLifetimeMs: number
  /** `null`: the page says that one has to sign in, and not where. */
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

/** @throws {InvalidOption} That names the path of what is wrong. */
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

/** A path of the host, or another site: never what a browser would run. */
function readUrl(url: string): string {
  if (/^\/(?!\/)/.test(url)) return url
  const { protocol, username, password } = URL.parse(url) ?? {}
  // The page shows the URL to everyone.
  if ((protocol === 'https:' || protocol === 'http:') && `${username}${password}` === '') return url
  throw new InvalidOption("oauth.device.signInUrl must be a path such as '/sign-in', or an http URL")
}
