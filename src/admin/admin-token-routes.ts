/** The routes with which administrators manage the tokens of all owners. */

import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { InvalidInput } from '../errors.ts'
import { type OperationDeps, operation } from '../http/operation.ts'
import { sendJson, sendNothing } from '../http/own-responses.ts'
import { NoContent, NoQuery, TokenParams, Usage } from '../http/schemas.ts'
import { sendCredential } from '../http/send-issued.ts'
import { strictRoute } from '../http/strict-scope.ts'
import { usageOnWire } from '../http/wire.ts'
import type { Context } from '../lifecycle/context.ts'
import { getToken } from '../lifecycle/get-token.ts'
import { issueToken } from '../lifecycle/issue-token.ts'
import { revokeAllTokens } from '../lifecycle/revoke-all.ts'
import { type ManyRevocation, revokeByCredentials, revokeByIds } from '../lifecycle/revoke-many.ts'
import { revokeToken } from '../lifecycle/revoke-token.ts'
import { searchTokens } from '../lifecycle/search-tokens.ts'
import { tokenUsage } from '../lifecycle/token-usage.ts'
import { updateToken } from '../lifecycle/update-token.ts'
import * as schemas from './admin-schemas.ts'
import {
  adminScopesOnWire,
  adminTokenOnWire,
  issuedAdminTokenOnWire,
  limitsOf,
  revokedOnWire,
  searchOnWire,
  timeFrom,
  withWireNames,
} from './admin-wire.ts'
import { administratorOf } from './administrator.ts'

export interface AdminRouteDeps extends OperationDeps {
  readonly lifecycle: Context
}

/** Bytes: 100 credentials of 4 kB. */
const REVOCATION_LIMIT = 524_288

export function adminTokenRoutes(fastify: FastifyInstance, deps: AdminRouteDeps): void {
  const { lifecycle } = deps
  const scope = fastify.withTypeProvider<TypeBoxTypeProvider>()

  scope.post(
    '',
    {
      ...strictRoute,
      schema: {
        ...operation(deps, {
          operationId: 'issueApiTokenForOwner',
          summary: 'Issue an API token for any owner',
          caller: 'admin',
          success: [
            201,
            schemas.IssuedAdminToken,
            'The API token with its credential, which is shown only here',
          ],
          refusals: [400, 401, 403, 409, 413, 415, 503],
        }),
        body: schemas.newAdminToken(lifecycle.expiry),
        querystring: NoQuery,
      },
    },
    async (request, reply) => {
      const { user_id: userId, name, description, scopes, expires_in: expiresIn } = request.body
      const draft = {
        ...{ userId, name, description, scopes, ...limitsOf(request.body) },
        expiresIn: typeof expiresIn === 'number' ? expiresIn * 1000 : expiresIn,
      }
      const issued = await withWireNames(issueToken(lifecycle, draft, administratorOf(request), request))
      return sendCredential(reply, lifecycle, issued.token.id, issuedAdminTokenOnWire(issued))
    },
  )

  scope.patch(
    '/:id',
    {
      ...strictRoute,
      schema: {
        ...operation(deps, {
          operationId: 'updateAnyApiToken',
          summary: 'Rename, describe, disable or enable an API token, or change its limits',
          caller: 'admin',
          success: [200, schemas.AdminToken, 'The API token after the change'],
          refusals: [400, 401, 403, 404, 409, 413, 415, 503],
        }),
        params: TokenParams,
        querystring: NoQuery,
        body: schemas.AdminTokenUpdate,
      },
    },
    async (request, reply) => {
      const { metadata: _, allowed_ips: __, rate_limit: ___, ...texts } = request.body
      const changes = { ...texts, ...limitsOf(request.body) }
      const by = administratorOf(request)
      const token = await withWireNames(updateToken(lifecycle, request.params.id, changes, { by }))
      return sendJson(reply, 200, adminTokenOnWire(token))
    },
  )

  scope.delete(
    '/:id',
    {
      ...strictRoute,
      schema: {
        ...operation(deps, {
          operationId: 'revokeAnyApiToken',
          summary: 'Revoke an API token of any owner permanently',
          caller: 'admin',
          success: [204, NoContent, 'The API token is revoked'],
          refusals: [400, 401, 403, 404, 413, 415, 503],
        }),
        params: TokenParams,
        querystring: schemas.AdminRevokeQuery,
      },
    },
    async (request, reply) => {
      const { reason } = request.query
      await revokeToken(lifecycle, request.params.id, { by: administratorOf(request), reason })
      return sendNothing(reply, 204)
    },
  )

  scope.post(
    '/revoke',
    {
      ...strictRoute,
      bodyLimit: REVOCATION_LIMIT,
      schema: {
        ...operation(deps, {
          operationId: 'revokeManyApiTokens',
          summary: 'Revoke all API tokens of an owner, or many by id or by credential',
          caller: 'admin',
          success: [200, schemas.Revoked, 'How many were revoked, and which are unknown'],
          refusals: [400, 401, 403, 413, 415, 503],
        }),
        querystring: NoQuery,
        body: schemas.Revocation,
      },
    },
    async (request, reply) => {
      const { user_id: userId, ids, credentials, reason } = request.body
      const by = administratorOf(request)
      requireOne({ user_id: userId, ids, credentials })
      const target = { userId, ids: ids ?? [], credentials }
      return sendJson(reply, 200, await withWireNames(revoke(lifecycle, target, { by, reason })))
    },
  )

  scope.get(
    '/scopes',
    {
      ...strictRoute,
      schema: {
        ...operation(deps, {
          operationId: 'listAllApiTokenScopes',
          summary: 'List the scopes and the lifetimes that a new API token may have',
          caller: 'admin',
          success: [200, schemas.AdminScopeList, 'The scopes and the lifetimes'],
          refusals: [400, 401, 403],
        }),
        querystring: NoQuery,
      },
    },
    async (_request, reply) => sendJson(reply, 200, adminScopesOnWire(lifecycle)),
  )

  scope.get(
    '/:id',
    {
      ...strictRoute,
      schema: {
        ...operation(deps, {
          operationId: 'getAnyApiToken',
          summary: 'Get an API token of any owner',
          caller: 'admin',
          success: [200, schemas.AdminToken, 'The API token'],
          refusals: [400, 401, 403, 404, 503],
        }),
        params: TokenParams,
        querystring: NoQuery,
      },
    },
    async (request, reply) =>
      sendJson(reply, 200, adminTokenOnWire(await getToken(lifecycle, request.params.id))),
  )

  scope.get(
    '/:id/usage',
    {
      ...strictRoute,
      schema: {
        ...operation(deps, {
          operationId: 'getAnyApiTokenUsage',
          summary: 'Get how often an API token of any owner was used, by day',
          caller: 'admin',
          success: [200, Usage, 'The requests of each day, and the scopes that were used'],
          refusals: [400, 401, 403, 404, 503],
        }),
        params: TokenParams,
        querystring: schemas.adminUsageQuery(lifecycle.maxUsageDays),
      },
    },
    async (request, reply) =>
      sendJson(reply, 200, usageOnWire(await tokenUsage(lifecycle, request.params.id, request.query))),
  )

  scope.get(
    '',
    {
      ...strictRoute,
      schema: {
        ...operation(deps, {
          operationId: 'searchApiTokens',
          summary: 'Search the API tokens of all owners',
          caller: 'admin',
          success: [200, schemas.AdminTokenList, 'A page of API tokens'],
          refusals: [400, 401, 403, 503],
        }),
        querystring: schemas.SearchQuery,
      },
    },
    async (request, reply) => {
      const { user_id: userId, created_by: createdBy, ...query } = request.query
      const { unused_since, expires_before, created_before, ...filters } = query
      const found = await withWireNames(
        searchTokens(lifecycle, {
          ...{ userId, createdBy, ...filters },
          unusedSince: timeFrom('unused_since', unused_since),
          expiresBefore: timeFrom('expires_before', expires_before),
          createdBefore: timeFrom('created_before', created_before),
        }),
      )
      return sendJson(reply, 200, searchOnWire(found))
    },
  )
}

function requireOne(targets: Readonly<Record<string, unknown>>): void {
  if (Object.values(targets).filter((target) => target !== undefined).length === 1) return
  throw new InvalidInput(`body must have exactly one of ${Object.keys(targets).join(', ')}`)
}

interface RevocationTarget {
  readonly userId: string | undefined
  readonly credentials: readonly string[] | undefined
  readonly ids: readonly string[]
}

async function revoke(
  lifecycle: Context,
  { userId, credentials, ids }: RevocationTarget,
  revocation: ManyRevocation,
) {
  if (userId !== undefined) {
    const { revoked } = await revokeAllTokens(lifecycle, { userId, ...revocation })
    return revokedOnWire(revoked, {})
  }
  if (credentials !== undefined) {
    const { revoked, unknown } = await revokeByCredentials(lifecycle, credentials, revocation)
    return revokedOnWire(revoked, { credentials: unknown })
  }
  const { revoked, unknown } = await revokeByIds(lifecycle, ids, revocation)
  return revokedOnWire(revoked, { ids: unknown })
}
