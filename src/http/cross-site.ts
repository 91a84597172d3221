/** Refuses changes that another site asks a browser to make in the user's name. */

import type { FastifyRequest } from 'fastify'
import { CrossSite } from '../errors.ts'

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Browsers say where a request comes from (Fetch Metadata, `Sec-Fetch-Site`); older ones send an `Origin`
 * (RFC 6454 §7) with every change. With neither it is no browser, and no cookie rides along unasked.
 *
 * @throws {CrossSite}
 */
export function requireSameSite(request: FastifyRequest, trustedOrigins: ReadonlySet<string>): void {
  if (SAFE_METHODS.has(request.method)) return
  const { origin, 'sec-fetch-site': site } = request.headers
  if (origin !== undefined && trustedOrigins.has(origin)) return
  if (site !== undefined) {
    if (site !== 'same-origin' && site !== 'none') throw new CrossSite()
    return
  }
  if (origin !== undefined && hostOf(origin) !== request.host) throw new CrossSite()
}

/** The host of an origin; the opaque origin `null` has none. */
function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined
}
