/** The routes with which signed-in users manage their own tokens, and those of further owners. */

import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ActingScope, Context } from '../lifecycle/context.ts'
import { getToken } from '../lifecycle/get-token.ts'
import { issueToken } from '../lifecycle/issue-token.ts'
import { listTokens } from '../lifecycle/list-tokens.ts'
import { revokeToken } from '../lifecycle/revoke-token.ts'
import { rotateToken } from '../lifecycle/rotate-token.ts'
import { tokenUsage } from '../lifecycle/token-usage.ts'
import { updateToken } from '../lifecycle/update-token.ts'
import { requireSameSite } from './cross-site.ts'
import { type OperationDeps, operation } from './operation.ts'
import { sendJson, sendNothing } from './own-responses.ts'
import * as schemas from './schemas.ts'
import { sendIssued } from './send-issued.ts'
import { refuseApiToken } from './session-only.ts'
import { ownerOf, requireUser, signedInActor, type UserSource, userOf } from './signed-in-user.ts'
import { strictRoute } from './strict-scope.ts'
import { listOnWire, scopesOnWire, tokenOnWire, usageOnWire } from './wire.ts'

export interface TokenRouteDeps extends OperationDeps, UserSource {
  readonly lifecycle: Context
  readonly trustedOrigins: ReadonlySet<string>
  /** The user's access token at the identity provider, if the option `identityProvider` is set. */
  readonly subjectToken: (request: FastifyRequest) => Promise<string | undefined>
}

export function tokenRoutes(fastify: FastifyInstance, deps: TokenRouteDeps): void {
  const { lifecycle, trustedOrigins, subjectToken } = deps
  fastify.addHook('onRequest', async (request) => {
    refuseApiToken(request, lifecycle.tokenPrefixes)
    requireSameSite(request, trustedOrigins)
  })
  requireUser(fastify, deps)
  const scope = fastify.withTypeProvider<TypeBoxTypeProvider>()

  scope.post(
    '',
    {
      ...strictRoute,
      schema: {
        ...operation(deps, {
          operationId: 'issueApiToken',
          summary: 'Generate an API token',
          caller: 'user',
          success: [201, schemas.IssuedToken, 'The API token with its credential, which is shown only here'],
          refusals: [400, 401, 403, 404, 409, 413, 415, 503],
        }),
        body: schemas.newToken(lifecycle.expiry),
        querystring: schemas.OwnerQuery,
      },
    },
    async (request, reply) => {
      const owner = ownerOf(request)
      const { name, description, scopes, expires_in: expiresIn } = request.body
      const draft = {
        userId: owner.id,
        name,
        description,
        scopes,
        expiresIn: inMilliseconds(expiresIn),
        grantable: owner.scopes,
        subjectToken: await subjectToken(request),
      }
      const issued = await issueToken(lifecycle, draft, signedInActor(request), request)
      return sendIssued(reply, lifecycle, issued)
    },
  )

  scope.get(
    '',
    {
      ...strictRoute,
      schema: {
        ...operation(deps, {
          operationId: 'listApiTokens',
          summary: 'List your API tokens',
          caller: 'user',
          success: [200, schemas.TokenList, 'A page of API tokens'],
          refusals: [400, 401, 403, 404, 503],
        }),
        querystring: schemas.ListQuery,
      },
    },
    async (request, reply) => {
      const list = await listTokens(lifecycle, { ...request.query, userId: ownerOf(request).id })
      return sendJson(reply, 200, listOnWire(list))
    },
  )

  scope.get(
    '/scopes',
    {
      ...strictRoute,
      schema: {
        ...operation(deps, {
          operationId: 'listApiTokenScopes',
          summary: 'List the scopes that you may grant, the lifetimes, and the owners',
          caller: 'user',
          success: [200, schemas.ScopeList, 'The scopes, the lifetimes, and the further owners'],
          refusals: [400, 401, 403, 404],
        }),
        querystring: schemas.OwnerQuery,
      },
    },
    async (request, reply) => {
      const entries = lifecycle.catalogue.entries(ownerOf(request).scopes)
      return sendJson(reply, 200, scopesOnWire(entries, lifecycle.expiry, userOf(request).owners))
    },
  )

  scope.get(
    '/:id',
    {
      ...strictRoute,
      schema: {
        ...operation(deps, {
          operationId: 'getApiToken',
          summary: 'Get one of your API tokens',
          caller: 'user',
          success: [200, schemas.Token, 'The API token'],
          refusals: [400, 401, 403, 404, 503],
        }),
        params: schemas.TokenParams,
        querystring: schemas.OwnerQuery,
      },
    },
    async (request, reply) => {
      const token = await getToken(lifecycle, request.params.id, { userId: ownerOf(request).id })
      return sendJson(reply, 200, tokenOnWire(token))
    },
  )

  scope.get(
    '/:id/usage',
    {
      ...strictRoute,
      schema: {
        ...operation(deps, {
          operationId: 'getApiTokenUsage',
          summary: 'Get how often one of your API tokens was used, by day',
          caller: 'user',
          success: [200, schemas.Usage, 'The requests of each day, and the scopes that were used'],
          refusals: [400, 401, 403, 404, 503],
        }),
        params: schemas.TokenParams,
        querystring: schemas.usageQuery(lifecycle.maxUsageDays),
      },
    },
    async (request, reply) => {
      const { params, query } = request
      const usage = await tokenUsage(lifecycle, params.id, query, { userId: ownerOf(request).id })
      return sendJson(reply, 200, usageOnWire(usage))
    },
  )

  scope.patch(
    '/:id',
    {
      ...strictRoute,
      schema: {
        ...operation(deps, {
          operationId: 'updateApiToken',
          summary: 'Rename, describe, disable or enable an API token',
          caller: 'user',
          success: [200, schemas.Token, 'The API token after the change'],
          refusals: [400, 401, 403, 404, 409, 413, 415, 503],
        }),
        params: schemas.TokenParams,
        querystring: schemas.OwnerQuery,
        body: schemas.TokenUpdate,
      },
    },
    async (request, reply) => {
      const token = await updateToken(lifecycle, request.params.id, request.body, actingUser(request))
      return sendJson(reply, 200, tokenOnWire(token))
    },
  )

  scope.post(
    '/:id/rotate',
    {
      ...strictRoute,
      schema: {
        ...operation(deps, {
          operationId: 'rotateApiToken',
          summary: 'Replace an API token with a new one',
          caller: 'user',
          success: [201, schemas.IssuedToken, 'The successor with its credential, which is shown only here'],
          refusals: [400, 401, 403, 404, 409, 413, 415, 503],
        }),
        params: schemas.TokenParams,
        querystring: schemas.OwnerQuery,
        body: schemas.rotation(lifecycle.expiry),
      },
    },
    async (request, reply) => {
      const { scopes: grantable } = ownerOf(request)
      const { grace_period: grace, scopes, expires_in: expiresIn } = request.body
      const rotated = await rotateToken(
        lifecycle,
        request.params.id,
        {
          gracePeriod: inMilliseconds(grace) ?? undefined,
          expiresIn: inMilliseconds(expiresIn),
          ...{ scopes, grantable, subjectToken: await subjectToken(request) },
        },
        actingUser(request),
      )
      return sendIssued(reply, lifecycle, rotated)
    },
  )

  scope.delete(
    '/:id',
    {
      ...strictRoute,
      schema: {
        ...operation(deps, {
          operationId: 'revokeApiToken',
          summary: 'Revoke an API token permanently',
          caller: 'user',
          success: [204, schemas.NoContent, 'The API token is revoked'],
          refusals: [400, 401, 403, 404, 413, 415, 503],
        }),
        params: schemas.TokenParams,
        querystring: schemas.RevokeQuery,
      },
    },
    async (request, reply) => {
      const { reason } = request.query
      await revokeToken(lifecycle, request.params.id, { ...actingUser(request), reason })
      return sendNothing(reply, 204)
    },
  )
}

/** The tokens of the chosen owner, changed by the user. */
function actingUser(request: FastifyRequest): ActingScope {
  return { userId: ownerOf(request).id, by: signedInActor(request), httpRequest: request }
}

/** The wire uses seconds, the code milliseconds. */
function inMilliseconds(seconds: number | null | undefined): number | null | undefined {
  return typeof seconds === 'number' ? seconds * 1000 : seconds
}
