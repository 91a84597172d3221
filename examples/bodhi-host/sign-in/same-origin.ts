/** CSRF protection of the host's own routes, which use a session cookie. */
import createError from '@fastify/error'
import type { FastifyRequest } from 'fastify'

const CrossSite = createError('BODHI_CROSS_SITE', 'This request came from another site', 403)

/** A hook for state-changing routes that use a session. */
export async function requireSameOrigin(request: FastifyRequest): Promise<void> {
  const site = request.headers['sec-fetch-site']
  if (site !== undefined) {
    if (site !== 'same-origin' && site !== 'none') throw new CrossSite()
    return
  }

  // Browsers without Sec-Fetch-Site send Origin. A request with neither header does not come from a browser.
  const { origin } = request.headers
  if (origin !== undefined && !isOwnOrigin(origin, request.host)) throw new CrossSite()
}

/** Compared as URLs, so that case and the default port do not matter. */
function isOwnOrigin(origin: string, host: string): boolean {
  const url = URL.parse(origin)
  return url !== null && url.host === URL.parse(`${url.protocol}//${host}`)?.host
}
