/** The OAuth 2.0 endpoints, each at the path of its URL. */

import type { FastifyInstance } from 'fastify'
import { AuthenticationDisabled, InvalidOption } from '../errors.ts'
import { keepResponses, sendJson, sendNothing, sendOwn } from '../http/own-responses.ts'
import { hiddenRoute, markOwnScope } from '../http/own-routes.ts'
import { addressOf } from '../http/request-address.ts'
import { revokeUnsent } from '../http/send-issued.ts'
import type { AuthenticateUser } from '../http/signed-in-user.ts'
import type { Context } from '../lifecycle/context.ts'
import type { Verification } from '../verification/verification.ts'
import { clientAuthentication } from './clients/client-authentication.ts'
import { deviceGrant } from './device/device-grant.ts'
import { devicePage } from './device/device-page.ts'
import { startDevice } from './device/start-device.ts'
import { routeOf } from './endpoints.ts'
import { type Form, requiredParameter, requireForms } from './form-body.ts'
import { DEVICE_CODE, TOKEN_EXCHANGE } from './grant-types.ts'
import { type Grants, grantToken } from './grants.ts'
import { introspectToken } from './introspect-token.ts'
import {
  authorizationServerMetadata,
  type MetadataDeps,
  protectedResourceMetadata,
  publicJwks,
} from './metadata.ts'
import { OAuthError, sendOAuthErrors } from './oauth-error.ts'
import type { OAuthSettings } from './oauth-settings.ts'
import { revokeCredential } from './revoke-credential.ts'
import { tokenExchange } from './token-exchange/exchange-token.ts'

export interface OAuthRouteDeps {
  readonly settings: OAuthSettings
  readonly realm: string
  readonly lifecycle: Context
  readonly verification: Verification
  readonly authenticateUser: AuthenticateUser | undefined
  readonly ownerTypes: readonly string[]
  readonly trustedOrigins: ReadonlySet<string>
}

/** RFC 7517 §8.5.2. */
const JWK_SET_TYPE = 'application/jwk-set+json; charset=utf-8'

/** How long clients may cache metadata and keys, in seconds. */
const MAX_AGE = 60

export function registerOAuth(fastify: FastifyInstance, deps: OAuthRouteDeps): void {
  requireRoot(fastify)
  const { settings, lifecycle, authenticateUser, ownerTypes, trustedOrigins } = deps
  const { device, endpoints, clients, trustedIssuers } = settings
  const grants: Grants = {
    ...(trustedIssuers.size === 0
      ? {}
      : { [TOKEN_EXCHANGE]: tokenExchange({ settings, lifecycle, ownerTypes }) }),
    ...(device === null ? {} : { [DEVICE_CODE]: deviceGrant(lifecycle, device) }),
  }
  fastify.register(async (scope) => metadataRoutes(scope, deps, Object.keys(grants)))
  fastify.register(async (scope) => clientRoutes(scope, deps, grants))
  if (device === null) return
  if (authenticateUser === undefined) {
    throw new InvalidOption(
      'authenticateUser is required with oauth.device: it returns the user who approves',
    )
  }
  const page = {
    ...{ settings: device, endpoints, clients, lifecycle },
    ...{ authenticateUser, ownerTypes, trustedOrigins },
  }
  fastify.register(async (scope) => devicePage(scope, page))
}

/** The non-authenticated mode: no metadata, and each endpoint responds 403 with the reason. */
export function registerDisabledOAuth(fastify: FastifyInstance, { endpoints, device }: OAuthSettings): void {
  requireRoot(fastify)
  fastify.register(async (scope) => {
    markOwnScope(scope)
    scope.removeAllContentTypeParsers()
    scope.addHook('onRequest', async () => {
      throw new AuthenticationDisabled()
    })
    const { token, introspection, revocation, deviceAuthorization, verification } = endpoints
    const ofDevices = device === null ? [] : [deviceAuthorization, verification]
    for (const url of [token, introspection, revocation, ...ofDevices])
      scope.post(routeOf(url), hiddenRoute, async () => null)
    if (device !== null) scope.get(routeOf(verification), hiddenRoute, async () => null)
  })
}

/** With a prefix the routes would not be at the URLs that the metadata names. */
function requireRoot({ prefix }: FastifyInstance): void {
  if (prefix === '') return
  throw new InvalidOption(
    `oauth: its routes are at the path of issuer, which the prefix ${prefix} would move`,
  )
}

function metadataRoutes(scope: FastifyInstance, deps: OAuthRouteDeps, grantTypes: readonly string[]): void {
  const { settings, lifecycle } = deps
  const { endpoints } = settings
  const metadata: MetadataDeps = {
    endpoints,
    grantTypes,
    device: settings.device !== null,
    scopes: () => lifecycle.catalogue.entries().map(({ name }) => name),
  }
  markOwnScope(scope)
  keepResponses(scope, { 'cache-control': `public, max-age=${MAX_AGE}` })
  scope.get(routeOf(endpoints.authorizationServerMetadata), hiddenRoute, async (_request, reply) =>
    sendJson(reply, 200, authorizationServerMetadata(metadata)),
  )
  scope.get(routeOf(endpoints.protectedResourceMetadata), hiddenRoute, async (_request, reply) =>
    sendJson(reply, 200, protectedResourceMetadata(metadata)),
  )
  scope.get(routeOf(endpoints.jwks), hiddenRoute, async (_request, reply) => {
    const body = JSON.stringify(publicJwks(lifecycle.signer.keys))
    return sendOwn(reply, { status: 200, type: JWK_SET_TYPE, body })
  })
}

function clientRoutes(scope: FastifyInstance, deps: OAuthRouteDeps, grants: Grants): void {
  const { settings, lifecycle, verification, realm } = deps
  const { endpoints, introspectionCountsAsUse: countsAsUse } = settings
  const { clock, audience, store } = lifecycle
  const authenticateClient = clientAuthentication({ settings, clock, store, realm })
  markOwnScope(scope)
  sendOAuthErrors(scope)
  requireForms(scope)
  // RFC 6749 §5.1.
  keepResponses(scope, { 'cache-control': 'no-store', pragma: 'no-cache' })

  scope.post<{ Body: Form }>(routeOf(endpoints.token), hiddenRoute, async (request, reply) => {
    const { response, tokenId } = await grantToken({ grants, authenticateClient }, request, request.body)
    return sendJson(reply, 200, response, revokeUnsent(reply, lifecycle, tokenId))
  })

  const { device } = settings
  if (device !== null) {
    const starting = { settings: device, endpoints, lifecycle }
    scope.post<{ Body: Form }>(
      routeOf(endpoints.deviceAuthorization),
      hiddenRoute,
      async (request, reply) => {
        const client = await authenticateClient(request, request.body)
        return sendJson(reply, 200, await startDevice(starting, client, request.body))
      },
    )
  }

  scope.post<{ Body: Form }>(routeOf(endpoints.introspection), hiddenRoute, async (request, reply) => {
    const { proof } = await authenticateClient(request, request.body)
    if (proof.method === 'none') {
      throw new OAuthError('unauthorized_client', 'A public client must not introspect', { status: 403 })
    }
    const credential = requiredParameter(request.body, 'token')
    const deps = { verification, clock, audience, countsAsUse }
    return sendJson(reply, 200, await introspectToken(deps, credential))
  })

  scope.post<{ Body: Form }>(routeOf(endpoints.revocation), hiddenRoute, async (request, reply) => {
    await authenticateClient(request, request.body)
    await revokeCredential(lifecycle, requiredParameter(request.body, 'token'), addressOf(request))
    return sendNothing(reply, 200)
  })
}
