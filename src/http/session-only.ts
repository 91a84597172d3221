/** Keeps API tokens away from the routes that manage them: a token cannot make tokens. */

import type { FastifyRequest } from 'fastify'
import { SessionOnly } from '../errors.ts'
import { TOKEN_TYPE } from '../token/claims.ts'
import { readCredential } from './authorization-header.ts'

/**
 * Refuses a request with one of the plugin's credentials, verified or not: known by the prefix, or by the `typ` in
 * its header. Another bearer credential is `authenticateUser`'s matter.
 *
 * @throws {SessionOnly}
 */
export function refuseApiToken(request: FastifyRequest, tokenPrefix: string): void {
  const credential = readCredential(request.raw)
  if (typeof credential !== 'string') return
  if (tokenPrefix !== '' && credential.startsWith(tokenPrefix)) throw new SessionOnly()
  if (typeOf(credential) === TOKEN_TYPE) throw new SessionOnly()
}

function typeOf(jwt: string): unknown {
  try {
    const [header = ''] = jwt.split('.', 1)
    const { typ } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { typ?: unknown }
    return typeof typ === 'string' ? typ.toLowerCase() : undefined
  } catch {
    return undefined
  }
}
