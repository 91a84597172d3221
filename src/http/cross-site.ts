/** CSRF protection of state-changing routes. */

import type { FastifyRequest } from 'fastify'
import { CrossSite } from '../errors.ts'

/** A host with an optional port, and no other part of a URL. */
const HOST = /^[\w.:[\]-]+$/
const ORIGIN = /^https?:\/\/[\w.:[\]-]+$/i

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Browsers send the source of a request in `Sec-Fetch-Site` (Fetch Metadata); older ones send `Origin` (RFC 6454 §7)
 * with every state-changing request. A request with neither header does not come from a browser, so it carries no
 * cookie that a user did not intend to send.
 *
 * @throws {CrossSite}
 */
export function requireSameSite(request: FastifyRequest, trustedOrigins: ReadonlySet<string>): void {
  if (SAFE_METHODS.has(request.method)) return
  const { origin: header, 'sec-fetch-site': site } = request.headers
  const origin = header === undefined ? undefined : readOrigin(header)
  if (origin !== undefined && trustedOrigins.has(origin.origin)) return
  if (site !== undefined) {
    if (site !== 'same-origin' && site !== 'none') throw new CrossSite()
    return
  }
  if (header === undefined) return
  if (origin === undefined || !isOwnOrigin(origin, request)) throw new CrossSite()
}

/** `scheme "://" host [":" port]` of a web page; `undefined` for the opaque origin `null` and other schemes. */
function readOrigin(header: string): URL | undefined {
  return ORIGIN.test(header) ? (URL.parse(header) ?? undefined) : undefined
}

/** RFC 6454 §5: scheme, host and port are the same. */
function isOwnOrigin(origin: URL, request: FastifyRequest): boolean {
  const scheme = schemeOf(request)
  if (scheme !== undefined && `${scheme}:` !== origin.protocol) return false
  const { host } = request
  if (!HOST.test(host)) return false
  // RFC 9110 §4.2.3: case does not matter, and a port that is missing in Host is the default of the scheme.
  return URL.parse(`${origin.protocol}//${host}`)?.host === origin.host
}

/**
 * The scheme that the browser used, if it is known: from TLS in this process, or from a trusted proxy. Behind an
 * untrusted proxy that terminates TLS, the request looks like plain HTTP, so the result is `undefined`.
 */
function schemeOf({ protocol, ips, headers }: FastifyRequest): string | undefined {
  if (protocol === 'https') return protocol
  // Fastify sets `ips` only with the option `trustProxy`, and uses the last entry of `X-Forwarded-Proto`.
  const forwarded = ips === undefined ? undefined : String(headers['x-forwarded-proto']).split(',').at(-1)
  return forwarded?.trim() === protocol ? protocol.toLowerCase() : undefined
}
