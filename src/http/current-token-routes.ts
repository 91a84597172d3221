/** The two routes with which a token reads and revokes itself. A token manages no other tokens. */

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isApiTokensError } from '../errors.ts'
import type { Context } from '../lifecycle/context.ts'
import { findRevocable } from '../lifecycle/find-revocable.ts'
import { getToken } from '../lifecycle/get-token.ts'
import { revokeToken } from '../lifecycle/revoke-token.ts'
import { NO_SCOPES } from '../token/scope.ts'
import { findCredential, isCredential, NOT_ONE_CREDENTIAL } from './authorization-header.ts'
import type { Challenges } from './challenge.ts'
import type { ApiTokenHook } from './hook.ts'
import { type OperationDeps, operation } from './operation.ts'
import { sendJson, sendNothing } from './own-responses.ts'
import { reportRejection } from './report-rejection.ts'
import { addressOf } from './request-address.ts'
import { NoContent, NoQuery, Token } from './schemas.ts'
import { strictRoute } from './strict-scope.ts'
import { tokenOnWire } from './wire.ts'

export interface CurrentTokenRouteDeps extends OperationDeps {
  readonly lifecycle: Context
  readonly verifyApiToken: ApiTokenHook
  readonly challenges: Challenges
}

export function currentTokenRoutes(fastify: FastifyInstance, deps: CurrentTokenRouteDeps): void {
  const { lifecycle, verifyApiToken, challenges } = deps
  const revocable = new WeakMap<FastifyRequest, string>()

  fastify.get(
    '/current',
    {
      ...strictRoute,
      onRequest: verifyApiToken,
      schema: {
        ...operation(deps, {
          operationId: 'getCurrentApiToken',
          summary: 'Get the API token of this request',
          caller: 'token',
          success: [200, Token, 'The API token of the request'],
          refusals: [400, 401, 503],
        }),
        querystring: NoQuery,
      },
    },
    async (request, reply) => sendJson(reply, 200, tokenOnWire(await getToken(lifecycle, idOf(request)))),
  )

  fastify.delete(
    '/current',
    {
      ...strictRoute,
      // Not `verifyApiToken`: a token that is disabled or idle, or whose owner is deactivated, may revoke itself.
      onRequest: async (request) => {
        revocable.set(request, await endableId(deps, request))
      },
      schema: {
        ...operation(deps, {
          operationId: 'revokeCurrentApiToken',
          summary: 'Revoke the API token of this request',
          caller: 'token',
          success: [204, NoContent, 'The API token of the request is revoked'],
          refusals: [400, 401, 413, 415, 503],
        }),
        querystring: NoQuery,
      },
    },
    async (request, reply) => {
      const id = revocable.get(request) ?? ''
      const by = { kind: 'token', id, ip: addressOf(request) } as const
      await revokeToken(lifecycle, id, { by }).catch((error) => {
        // It was deleted between the two reads.
        throw isApiTokensError(error) && error.statusCode === 404 ? challenges.invalidToken(NO_SCOPES) : error
      })
      return sendNothing(reply, 204)
    },
  )
}

function idOf({ apiToken }: FastifyRequest): string {
  if (apiToken === null) throw new Error('a request without a verified token passed its hook')
  return apiToken.id
}

/** The id of the token that the request's credential may revoke. */
async function endableId(deps: CurrentTokenRouteDeps, request: FastifyRequest): Promise<string> {
  const { lifecycle, challenges } = deps
  const found = await findRevocable(lifecycle, credentialIn(request, challenges))
  if (found.rejection === null) return found.token.id
  const { rejection: reason, tokenId, userId } = found
  reportRejection(lifecycle, { reason, tokenId, userId }, request)
  throw challenges.invalidToken(NO_SCOPES)
}

function credentialIn({ raw }: FastifyRequest, challenges: Challenges): string {
  const start = findCredential(raw)
  if (typeof start !== 'number') throw challenges.fault(start, NO_SCOPES)
  const credential = (raw.headers.authorization ?? '').slice(start)
  if (!isCredential(credential)) throw challenges.fault(NOT_ONE_CREDENTIAL, NO_SCOPES)
  return credential
}
