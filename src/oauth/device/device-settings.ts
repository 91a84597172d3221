/** The option `oauth.device` as the plugin works with it, checked at boot. */

import { InvalidOption } from '../../errors.ts'
import { count, record, text } from '../../option-values.ts'
import type { DeviceOptions } from '../oauth-options.ts'

export interface DeviceSettings {
  /** Seconds that the codes are good for. */
  readonly expiresIn: number
  /** Seconds between two polls. */
  readonly interval: number
  /** `null`: the page says that one has to sign in, and not where. */
  readonly signInUrl: string | null
}

const TEN_MINUTES = 600
const LONGEST = 1_800
const FIVE_SECONDS = 5
const LONGEST_INTERVAL = 60

const KNOWN: readonly (keyof DeviceOptions)[] = ['expiresIn', 'interval', 'signInUrl']

/** @throws {InvalidOption} That names the path of what is wrong. */
export function readDevice(options: unknown): DeviceSettings {
  const {
    expiresIn = TEN_MINUTES,
    interval = FIVE_SECONDS,
    signInUrl,
  } = record(options, KNOWN, 'oauth.device')
  return {
    expiresIn: seconds(expiresIn, 'oauth.device.expiresIn', LONGEST),
    interval: seconds(interval, 'oauth.device.interval', LONGEST_INTERVAL),
    signInUrl: signInUrl === undefined ? null : readUrl(text(signInUrl, 'oauth.device.signInUrl')),
  }
}

function seconds(value: unknown, path: string, max: number): number {
  const whole = count(value, path)
  if (whole <= max) return whole
  throw new InvalidOption(`${path} is in seconds and at most ${max}`)
}

/** A path of the host, or another site: never what a browser would run. */
function readUrl(url: string): string {
  if (/^\/(?!\/)/.test(url)) return url
  if (URL.canParse(url) && ['https:', 'http:'].includes(new URL(url).protocol)) return url
  throw new InvalidOption("oauth.device.signInUrl must be a path such as '/sign-in', or an http URL")
}
