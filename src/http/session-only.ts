/** Keeps API tokens away from the routes that manage them: a token cannot make tokens. */

import type { FastifyRequest } from 'fastify'
import { SessionOnly } from '../errors.ts'
import { TOKEN_TYPE } from '../token/claims.ts'
import { hasPrefix, type TokenPrefixes } from '../token/credential.ts'
import { bearerCredentials } from './authorization-header.ts'

/**
 * Refuses a request with one of the plugin's credentials, verified or not: known by a prefix, or by the `typ` in
 * its header. Another bearer credential is `authenticateUser`'s matter.
 *
 * @throws {SessionOnly}
 */
export function refuseApiToken(request: FastifyRequest, tokenPrefixes: TokenPrefixes): void {
  if (bearerCredentials(request.raw).some((credential) => isOurs(credential, tokenPrefixes))) {
    throw new SessionOnly()
  }
}

function isOurs(credential: string, tokenPrefixes: TokenPrefixes): boolean {
  if (hasPrefix(credential, tokenPrefixes)) return true
  return typeOf(credential) === TOKEN_TYPE
}

/** RFC 7515 §4.1.9: a media type, whose letter case and `application/` say nothing. */
function typeOf(jwt: string): unknown {
  try {
    const [header = ''] = jwt.split('.', 1)
    const { typ } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { typ?: unknown }
    return typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : undefined
  } catch {
    return undefined
  }
}
