/** How the routes appear in the host's OpenAPI document, and how routes that need a token say so. */

import type { FastifyInstance, FastifySchema, RouteOptions } from 'fastify'
import type { ScopeCatalogue } from '../lifecycle/scope-catalogue.ts'
import { markPlaced } from './exported-hooks.ts'
import { scopesDemandedBy } from './hook.ts'

const SCHEME = 'apiToken'

/**
 * The security scheme that protected routes name, for the host's OpenAPI document (OpenAPI 3.1 §4.8.27).
 *
 * @example await app.register(swagger, { openapi: { components: { securitySchemes: bearerSecurityScheme } } })
 */
export const bearerSecurityScheme = {
  [SCHEME]: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'An API token, sent as Authorization: Bearer',
  },
} as const

/** What an operation that takes a token says of it. */
export const bearerSecurity = [{ [SCHEME]: [] }]

/** What @fastify/swagger is making when it comes to a route: an OpenAPI document, or one of Swagger 2.0. */
interface RouteDescription {
  readonly schema: FastifySchema
  readonly url: string
  readonly openapiObject?: { components?: { securitySchemes?: object } }
  readonly swaggerObject?: { securityDefinitions?: object }
}

/**
 * @fastify/swagger asks this of each of the plugin's own routes, in the place of a host's transform for schemas of
 * its own. A document whose operations name a scheme that it does not declare cannot be made, so one that the host
 * has not declared is.
 */
export function declareScheme({ schema, url, openapiObject, swaggerObject }: RouteDescription) {
  if (openapiObject !== undefined) {
    const { components } = openapiObject
    const securitySchemes = { ...bearerSecurityScheme, ...components?.securitySchemes }
    openapiObject.components = { ...components, securitySchemes }
  }
  if (swaggerObject !== undefined) {
    // Swagger 2.0 has no bearer scheme.
    const definition = { type: 'apiKey', name: 'authorization', in: 'header' }
    swaggerObject.securityDefinitions = { [SCHEME]: definition, ...swaggerObject.securityDefinitions }
  }
  return { schema, url }
}

const HOOK_OPTIONS = ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const

/** Watches the routes of the host: scopes that they demand join the catalogue, and their operations name the scheme. */
export function watchRoutes(fastify: FastifyInstance, catalogue: ScopeCatalogue, describe: boolean): void {
  fastify.addHook('onRoute', (route) => {
    const demands = hooksOf(route).flatMap((hook) => {
      const scopes = scopesDemandedBy(hook)
      if (scopes === undefined) return []
      markPlaced(hook)
      return [scopes]
    })
    if (demands.length === 0) return
    catalogue.add(demands.flat())
    if (describe) route.schema = withSecurity(route.schema)
  })
}

/** What the host itself says of the operation's security stands. */
function withSecurity(schema: FastifySchema = {}): FastifySchema {
  const security = { security: bearerSecurity }
  return { ...security, ...schema }
}

function hooksOf(route: RouteOptions): object[] {
  return HOOK_OPTIONS.flatMap((name) => route[name] ?? []) as object[]
}
