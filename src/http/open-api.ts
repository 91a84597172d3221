/** How the routes appear in the host's OpenAPI document, and how routes that need a token say so. */

import type { FastifySchema } from 'fastify'

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

/** The schema of a route with hooks of the package. What the host itself says of the operation's security stands. */
export function withBearerSecurity(schema: FastifySchema = {}): FastifySchema {
  const security = { security: bearerSecurity }
  return { ...security, ...schema }
}
