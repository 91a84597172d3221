/** What the plugin adds to Fastify, for the host's types. */

import type { ApiTokens } from '../lifecycle/api-tokens.ts'
import type { VerifiedToken } from '../token/verified-token.ts'
import type { ApiTokenHook } from './hook.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Lets a request pass with a verified bearer token. */
    verifyApiToken: ApiTokenHook
    /** The operations on tokens, for code. */
    apiTokens: ApiTokens
  }

  interface FastifyRequest {
    /** The token that the request came with, or `null` where none was verified. */
    readonly apiToken: VerifiedToken | null
  }
}
