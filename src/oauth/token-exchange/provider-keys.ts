/** The keys of a trusted issuer, discovered by its metadata and fetched again after a rotation. */

import { createRemoteJWKSet, customFetch } from 'jose'
import type { Clock } from '../../clock.ts'
import { InvalidOption } from '../../errors.ts'
import { FETCH_TIMEOUT_MS, fetchBounded } from '../bounded-fetch.ts'
import { isSecure } from '../identifier.ts'
import { providerFailure } from '../provider-error.ts'
import { requireUsableKey } from '../public-key.ts'

export type KeySet = ReturnType<typeof createRemoteJWKSet>

/** How long the URL of the keys is cached. */
const DISCOVERY_MS = 3_600_000
/** How long the keys are cached. A key that the issuer has removed is accepted no longer than that. */
const KEYS_MS = 600_000
/** How long no new request is sent after a failure or for an unknown key. */
const COOLDOWN_MS = 5_000

/** A time interval, in milliseconds since the epoch. */
interface Interval {
  readonly from: number
  readonly until: number
}

export class ProviderKeys {
  readonly #issuer: string
  readonly #clock: Clock
  #found: ({ readonly uri: string; readonly keys: KeySet } & Interval) | undefined
  #failed: ({ readonly error: unknown } & Interval) | undefined
  #finding: Promise<KeySet> | undefined

  constructor(issuer: string, clock: Clock) {
    this.#issuer = issuer
    this.#clock = clock
  }

  /**
   * The key set, which fetches keys on demand. Concurrent calls share one metadata request.
   *
   * @throws {Error} If the issuer's metadata is unavailable or belongs to another issuer.
   */
  async find(): Promise<KeySet> {
    const now = this.#clock.now()
    if (this.#found !== undefined && contains(this.#found, now)) return this.#found.keys
    if (this.#failed !== undefined && contains(this.#failed, now)) throw this.#failed.error
    this.#finding ??= this.#discover(now).finally(() => {
      this.#finding = undefined
    })
    return this.#finding
  }

  async #discover(now: number): Promise<KeySet> {
    try {
      const uri = await findKeysUri(this.#issuer)
      const keys = this.#found?.uri === uri ? this.#found.keys : keySet(uri)
      this.#found = { uri, keys, from: now, until: now + DISCOVERY_MS }
      return keys
    } catch (error) {
      this.#failed = { error, from: now, until: now + COOLDOWN_MS }
      throw error
    }
  }
}

/**
 * The reason why the key that a token names cannot verify it; `undefined` if it can, or if there is no such key.
 * RFC 7517 §5 allows unusable keys in a set, so only the named key is checked.
 */
export function faultOfKey(keys: KeySet, kid: string | undefined, issuer: string): unknown {
  const all = keys.jwks()?.keys ?? []
  const named = kid === undefined && all.length > 1 ? [] : all.filter((key) => key.kid === kid)
  try {
    for (const key of named) requireUsableKey(key, `the key ${kid ?? 'without a kid'} of ${issuer}`)
    return undefined
  } catch (fault) {
    return fault
  }
}

/** `from` is checked too: otherwise a clock that was set back would extend the interval. */
function contains({ from, until }: Interval, now: number): boolean {
  return now >= from && now < until
}

function keySet(uri: string): KeySet {
  return createRemoteJWKSet(new URL(uri), {
    timeoutDuration: FETCH_TIMEOUT_MS,
    cooldownDuration: COOLDOWN_MS,
    cacheMaxAge: KEYS_MS,
    [customFetch]: fetchBounded,
  })
}

/** Tries OpenID Connect Discovery 1.0 §4 first, then RFC 8414 §3. */
async function findKeysUri(issuer: string): Promise<string> {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  const signal = AbortSignal.timeout(FETCH_TIMEOUT_MS)
  for (const url of [
    `${origin}${path}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${path}`,
  ]) {
    const metadata = await fetchMetadata(url, signal).catch((error) => {
      throw providerFailure(`reading the metadata of ${issuer}`, error)
    })
    if (metadata === undefined) continue
    return readKeysUri(metadata, issuer)
  }
  throw new Error(`${issuer} has no metadata`)
}

/** The document; `undefined` for a 404. */
async function fetchMetadata(url: string, signal: AbortSignal): Promise<unknown> {
  const response = await fetchBounded(url, { signal })
  if (response.status === 404) return undefined
  if (response.status === 200) return response.json()
  throw Object.assign(new Error('the response is not 200'), { status: response.status })
}

/**
 * OpenID Connect Discovery 1.0 §4.3, RFC 8414 §3.3: metadata that names another issuer must not be used.
 *
 * @throws {InvalidOption} If the option `issuer` or the provider's metadata is wrong. A retry does not help.
 */
function readKeysUri(metadata: unknown, issuer: string): string {
  const { issuer: named, jwks_uri: uri } = (metadata ?? {}) as { issuer?: unknown; jwks_uri?: unknown }
  if (typeof named !== 'string') throw new Error(`the metadata of ${issuer} names no issuer`)
  if (named !== issuer)
    throw new InvalidOption(`oauth.trustedIssuers: the metadata of ${issuer} is another issuer's`)
  const url = typeof uri === 'string' ? URL.parse(uri) : null
  // An error of `fetch` would contain the user and password of the URL.
  if (url !== null && isSecure(url) && `${url.username}${url.password}` === '') return url.href
  throw new InvalidOption(`oauth.trustedIssuers: the metadata of ${issuer} names no keys`)
}
