/** The option `oauth.device` as the plugin works with it, checked at boot. */

import { durationMs } from '../../duration.ts'
import { InvalidOption } from '../../errors.ts'
import { MAX_EXPIRES_IN } from '../../lifecycle/issue-token.ts'
import { count, record, text } from '../../option-values.ts'
import type { DeviceOptions } from '../oauth-options.ts'

export interface DeviceSettings {
  /** Seconds that the codes are good for. */
  readonly expiresIn: number
  /** Seconds between two polls. */
  readonly interval: number
  /** Authorizations of one client that may be pending at once. */
  readonly maxPending: number
  /** Seconds that a token got by codes lives. */
  readonly tokenLifetime: number
  /** `null`: the page says that one has to sign in, and not where. */
  readonly signInUrl: string | null
}

const TEN_MINUTES = 600
const LONGEST = 1_800
const FIVE_SECONDS = 5
const LONGEST_INTERVAL = 60
const MAX_PENDING = 1_000
const NINETY_DAYS = '90d'

const KNOWN: readonly (keyof DeviceOptions)[] = [
  'expiresIn',
  'interval',
  'maxPending',
  'tokenLifetime',
  'signInUrl',
]

/** @throws {InvalidOption} That names the path of what is wrong. */
export function readDevice(options: unknown): DeviceSettings {
  const {
    expiresIn = TEN_MINUTES,
    interval = FIVE_SECONDS,
    maxPending = MAX_PENDING,
    tokenLifetime = NINETY_DAYS,
    signInUrl,
  } = record(options, KNOWN, 'oauth.device')
  return {
    expiresIn: seconds(expiresIn, 'oauth.device.expiresIn', LONGEST),
    interval: seconds(interval, 'oauth.device.interval', LONGEST_INTERVAL),
    maxPending: count(maxPending, 'oauth.device.maxPending'),
    tokenLifetime: readLifetime(tokenLifetime, 'oauth.device.tokenLifetime'),
    signInUrl: signInUrl === undefined ? null : readUrl(text(signInUrl, 'oauth.device.signInUrl')),
  }
}

function seconds(value: unknown, path: string, max: number): number {
  const whole = count(value, path)
  if (whole <= max) return whole
  throw new InvalidOption(`${path} is in seconds and at most ${max}`)
}

/** A duration in whole seconds, as tokens expire by them. */
function readLifetime(value: unknown, path: string): number {
  const lifetime = Math.floor(durationMs(value, path, MAX_EXPIRES_IN * 1000) / 1000)
  if (lifetime >= 1) return lifetime
  throw new InvalidOption(`${path} must be at least one second`)
}

/** A path of the host, or another site: never what a browser would run. */
function readUrl(url: string): string {
  if (/^\/(?!\/)/.test(url)) return url
  const { protocol, username, password } = URL.parse(url) ?? {}
  // The page shows the URL to everyone.
  if ((protocol === 'https:' || protocol === 'http:') && `${username}${password}` === '') return url
  throw new InvalidOption("oauth.device.signInUrl must be a path such as '/sign-in', or an http URL")
}
