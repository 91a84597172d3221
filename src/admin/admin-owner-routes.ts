/** The routes with which administrators see and end owners of tokens. */

import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ownerNotFound } from '../errors.ts'
import { operation } from '../http/operation.ts'
import { sendJson } from '../http/own-responses.ts'
import { hiddenRoute } from '../http/own-routes.ts'
import { NoQuery } from '../http/schemas.ts'
import { strictRoute } from '../http/strict-scope.ts'
import { deactivateUser, reactivateUser, removeUser } from '../lifecycle/change-owner.ts'
import type { Context } from '../lifecycle/context.ts'
import { listOwners } from '../lifecycle/list-owners.ts'
import { requireNoCredential } from '../lifecycle/no-credential.ts'
import type { Actor } from '../token/actor.ts'
import { userIdFault } from '../token/text.ts'
import type { OwnerStatus } from '../token/token.ts'
import * as schemas from './admin-schemas.ts'
import type { AdminRouteDeps } from './admin-token-routes.ts'
import { ownerOnWire, ownersOnWire, withWireNames } from './admin-wire.ts'
import { administratorOf } from './administrator.ts'

interface OwnerChange {
  readonly operationId: string
  readonly summary: string
  /** The status after the change. */
  readonly status: OwnerStatus
  change(context: Context, userId: string, by: Actor): Promise<void>
}

/** By the last segment of the path. */
const CHANGES: Readonly<Record<string, OwnerChange>> = {
  deactivate: {
    operationId: 'deactivateApiTokenOwner',
    summary: 'Refuse all API tokens of an owner until it is reactivated',
    status: 'inactive',
    change: deactivateUser,
  },
  reactivate: {
    operationId: 'reactivateApiTokenOwner',
    summary: 'Accept the API tokens of an owner again',
    status: 'active',
    change: reactivateUser,
  },
  remove: {
    operationId: 'removeApiTokenOwner',
    summary: 'Revoke all API tokens of an owner permanently, and issue no new ones',
    status: 'removed',
    change: removeUser,
  },
}

export function adminOwnerRoutes(fastify: FastifyInstance, deps: AdminRouteDeps): void {
  const { lifecycle } = deps
  const scope = fastify.withTypeProvider<TypeBoxTypeProvider>()

  for (const [name, { operationId, summary, status }] of Object.entries(CHANGES)) {
    scope.post(
      `/owners/:id/${name}`,
      {
        ...strictRoute,
        schema: {
          ...operation(deps, {
            ...{ operationId, summary, caller: 'admin' },
            success: [200, schemas.Owner, `The owner, whose status is ${status}`],
            refusals: [400, 401, 403, 413, 415, 503],
          }),
          params: schemas.OwnerParams,
          querystring: NoQuery,
          body: schemas.NoBody,
        },
      },
      async (request, reply) =>
        sendJson(reply, 200, await changeOwner(lifecycle, name, request.params.id, administratorOf(request))),
    )
  }

  scope.get(
    '/owners/:id',
    {
      ...strictRoute,
      schema: {
        ...operation(deps, {
          operationId: 'getApiTokenOwner',
          summary: 'Get an owner of API tokens',
          caller: 'admin',
          success: [200, schemas.Owner, 'The owner'],
          refusals: [400, 401, 403, 404, 503],
        }),
        params: schemas.OwnerParams,
        querystring: NoQuery,
      },
    },
    async (request, reply) => sendJson(reply, 200, await ownerById(lifecycle, request.params.id)),
  )

  scope.get(
    '/owners',
    {
      ...strictRoute,
      schema: {
        ...operation(deps, {
          operationId: 'listApiTokenOwners',
          summary: 'List the owners of API tokens',
          caller: 'admin',
          success: [200, schemas.OwnerList, 'A page of owners, in the order of their ids'],
          refusals: [400, 401, 403, 503],
        }),
        querystring: schemas.OwnersQuery,
      },
    },
    async (request, reply) =>
      sendJson(reply, 200, ownersOnWire(await withWireNames(listOwners(lifecycle, request.query)))),
  )

  longIds(fastify, lifecycle)
}

/** Fastify's router matches a parameter of at most `maxParamLength` characters, 100 by default. Ids have up to 255. */
function longIds(fastify: FastifyInstance, lifecycle: Context): void {
  const scope = fastify.withTypeProvider<TypeBoxTypeProvider>()
  const options = { ...strictRoute, schema: { ...hiddenRoute.schema, querystring: NoQuery } }
  scope.get('/owners/*', options, async (request, reply) =>
    sendJson(reply, 200, await ownerById(lifecycle, idBefore(request, []))),
  )
  scope.post(
    '/owners/*',
    { ...options, schema: { ...options.schema, body: schemas.NoBody } },
    async (request, reply) => {
      const name = pathOf(request).at(-1) ?? ''
      const id = idBefore(request, [name])
      return sendJson(reply, 200, await changeOwner(lifecycle, name, id, administratorOf(request)))
    },
  )
}

/** The segments of the path, not decoded: an encoded slash belongs to an id. */
function pathOf({ raw }: FastifyRequest): readonly string[] {
  return (raw.url ?? '').replace(/\?.*$/s, '').split('/')
}

/** The id in a path that ends with `owners`, the id and these segments. */
function idBefore(request: FastifyRequest, end: readonly string[]): string {
  const [owners, id = ''] = pathOf(request).slice(-2 - end.length)
  // The router has decoded the path already, so that it is well formed.
  if (owners !== 'owners') throw ownerNotFound()
  return decodeURIComponent(id)
}

async function ownerById({ store }: Context, id: string) {
  const owner = userIdFault(id) === undefined ? await store.findOwner(id) : null
  if (owner === null) throw ownerNotFound()
  return ownerOnWire(owner)
}

async function changeOwner(lifecycle: Context, name: string, userId: string, by: Actor) {
  const found = Object.hasOwn(CHANGES, name) ? CHANGES[name] : undefined
  if (found === undefined) throw ownerNotFound()
  requireNoCredential(lifecycle, 'user_id', userId, lifecycle.clock.now())
  await withWireNames(found.change(lifecycle, userId, by))
  return ownerOnWire({ userId, status: found.status })
}
