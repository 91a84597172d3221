/** Refuses changes that another site asks a browser to make in the user's name. */

import type { FastifyRequest } from 'fastify'
import { CrossSite } from '../errors.ts'

/** A host and a port, and nothing else that URLs may hold. */
const HOST = /^[\w.:[\]-]+$/
const ORIGIN = /^https?:\/\/[\w.:[\]-]+$/i

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Browsers say where a request comes from (Fetch Metadata, `Sec-Fetch-Site`); older ones send an `Origin`
 * (RFC 6454 §7) with every change. A request with neither comes from no browser, which would add a cookie unasked.
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

/** `scheme "://" host [":" port]` of a web page. The opaque origin `null`, and those of other schemes, are none. */
function readOrigin(header: string): URL | undefined {
  return ORIGIN.test(header) ? (URL.parse(header) ?? undefined) : undefined
}

/** RFC 6454 §5: scheme, host and port are the same. */
function isOwnOrigin(origin: URL, request: FastifyRequest): boolean {
  const scheme = schemeOf(request)
  if (scheme !== undefined && `${scheme}:` !== origin.protocol) return false
  const { host } = request
  if (!HOST.test(host)) return false
  // RFC 9110 §4.2.3: capitals do not count, and a port that is missing in Host is the default of the scheme.
  return URL.parse(`${origin.protocol}//${host}`)?.host === origin.host
}

/**
 * The scheme that the browser used, where it is known: by TLS in this process, or by a proxy that the host trusts. Behind
 * any other proxy that ends TLS, a request looks like one by plain http.
 */
function schemeOf({ protocol, ips, headers }: FastifyRequest): string | undefined {
  if (protocol === 'https') return protocol
  // Fastify sets `ips` with the option `trustProxy` only, and believes the last entry of a proxy that it trusts.
  const forwarded = ips === undefined ? undefined : String(headers['x-forwarded-proto']).split(',').at(-1)
  return forwarded?.trim() === protocol ? protocol.toLowerCase() : undefined
}
