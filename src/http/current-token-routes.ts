/** The two routes by which a token sees and ends itself: all that a token may manage. */

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { getToken } from '../lifecycle/get-token.ts'
import type { LifecycleParts } from '../lifecycle/lifecycle-parts.ts'
import { revokeToken } from '../lifecycle/revoke-token.ts'
import type { ApiTokenHook } from './hook.ts'
import { bearerSecurity } from './open-api.ts'
import { type OperationParts, operation } from './operation.ts'
import { NoContent, NoQuery, Token } from './schemas.ts'
import { strictRoute } from './strict-scope.ts'
import { noContent } from './token-routes.ts'
import { tokenOnWire } from './wire.ts'

export interface CurrentTokenRouteParts extends OperationParts {
  readonly lifecycle: LifecycleParts
  readonly verifyApiToken: ApiTokenHook
}

export function currentTokenRoutes(fastify: FastifyInstance, parts: CurrentTokenRouteParts): void {
  const { lifecycle, verifyApiToken } = parts

  fastify.get(
    '/current',
    {
      ...strictRoute,
      onRequest: verifyApiToken,
      schema: {
        ...operation(
          parts,
          'getCurrentApiToken',
          'Get the API token of this request',
          { 200: Token },
          [400, 401, 503],
        ),
        security: bearerSecurity,
        querystring: NoQuery,
      },
    },
    async (request) => tokenOnWire(await getToken(lifecycle, idOf(request))),
  )

  fastify.delete(
    '/current',
    {
      ...strictRoute,
      onRequest: verifyApiToken,
      schema: {
        ...operation(
          parts,
          'revokeCurrentApiToken',
          'Revoke the API token of this request',
          { 204: NoContent },
          [400, 401, 413, 415, 503],
        ),
        security: bearerSecurity,
        querystring: NoQuery,
      },
    },
    async (request, reply) => {
      await revokeToken(lifecycle, idOf(request))
      return noContent(reply)
    },
  )
}

function idOf({ apiToken }: FastifyRequest): string {
  if (apiToken === null) throw new Error('a request without a verified token passed its hook')
  return apiToken.id
}
