/** Type declarations of the decorators that the plugin adds to Fastify. */

import type { ApiTokens } from '../lifecycle/api-tokens.ts'
import type { VerifiedToken } from '../token/verified-token.ts'
import type { ApiTokenHook } from './hook.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Requires a valid bearer token. */
    verifyApiToken: ApiTokenHook
    /** The operations on tokens, for code. */
    apiTokens: ApiTokens
  }

  interface FastifyRequest {
    /** The verified token of the request, or `null`. */
    readonly apiToken: VerifiedToken | null
  }
}
