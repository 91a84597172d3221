/** Refuses requests that another site made the browser send: the host's own routes change things by cookie. */
import createError from '@fastify/error'
import type { FastifyRequest } from 'fastify'

const CrossSite = createError('BODHI_CROSS_SITE', 'This request came from another site', 403)

/** A hook for routes that change something on the word of a session. */
export async function requireSameOrigin(request: FastifyRequest): Promise<void> {
  const site = request.headers['sec-fetch-site']
  if (site !== undefined) {
    if (site !== 'same-origin' && site !== 'none') throw new CrossSite()
    return
  }

  // A browser too old for Sec-Fetch-Site still sends Origin; a request with neither comes from no browser.
  const { origin } = request.headers
  if (origin !== undefined && !isOwnOrigin(origin, request.host)) throw new CrossSite()
}

/** Read as parts of URLs, so that capitals and the scheme's default port do not count. */
function isOwnOrigin(origin: string, host: string): boolean {
  const url = URL.parse(origin)
  return url !== null && url.host === URL.parse(`${url.protocol}//${host}`)?.host
}
