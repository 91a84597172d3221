/** How the routes appear in the host's OpenAPI document, and how routes that need a token say so. */

import type { FastifySchema } from 'fastify'
import { InvalidOption } from '../errors.ts'
import { isRecord } from '../option-values.ts'

const SCHEME = 'apiToken'
const SESSION_SCHEME = 'session'

/** OpenAPI 3.1 §4.8.30: all of its schemes, by name. */
export type SecurityRequirement = Readonly<Record<string, readonly string[]>>

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

/** What an operation that takes a token requires. */
export const bearerSecurity = [{ [SCHEME]: [] }]

/** What the routes of the signed-in user require, unless the option `openapi.security` says otherwise. */
export const sessionSecurity: readonly SecurityRequirement[] = [{ [SESSION_SCHEME]: [] }]

/** The schemes that a document needs whose host has not declared them. */
const OPENAPI_SCHEMES: Readonly<Record<string, object>> = {
  ...bearerSecurityScheme,
  [SESSION_SCHEME]: {
    type: 'apiKey',
    in: 'cookie',
    name: 'session',
    description: "The host's own session",
  },
}
/** Swagger 2.0 knows neither bearer schemes nor cookies. */
const SWAGGER_SCHEMES: Readonly<Record<string, object>> = {
  [SCHEME]: { type: 'apiKey', name: 'authorization', in: 'header' },
  [SESSION_SCHEME]: { type: 'apiKey', name: 'cookie', in: 'header' },
}

/** What @fastify/swagger is making when it comes to a route: an OpenAPI document, or one of Swagger 2.0. */
interface RouteDescription {
  readonly schema: FastifySchema & { readonly security?: readonly SecurityRequirement[] }
  readonly url: string
  readonly openapiObject?: {
    components?: { securitySchemes?: object }
    readonly paths?: object
  }
  readonly swaggerObject?: { securityDefinitions?: object }
}

/**
 * @fastify/swagger asks this of each of the plugin's own routes, in the place of a host's transform for schemas of its
 * own. A document cannot be made whose operations name a scheme that it does not declare, so the default schemes are
 * added unless the host has declared them.
 *
 * @throws {InvalidOption} For a scheme of the option `openapi.security` that the host has not declared.
 */
export function describeRoute({ schema, url, openapiObject, swaggerObject }: RouteDescription) {
  const named = [SCHEME, ...(schema.security ?? []).flatMap((requirement) => Object.keys(requirement))]
  if (openapiObject !== undefined) {
    const { components, paths = {} } = openapiObject
    const securitySchemes = withSchemes(components?.securitySchemes, named, OPENAPI_SCHEMES)
    openapiObject.components = { ...components, securitySchemes }
    takeEmptyBodies(paths)
  }
  if (swaggerObject !== undefined) {
    swaggerObject.securityDefinitions = withSchemes(swaggerObject.securityDefinitions, named, SWAGGER_SCHEMES)
  }
  return { schema, url }
}

function withSchemes(
  declared: object = {},
  named: readonly string[],
  defaults: Readonly<Record<string, object>>,
): object {
  const added = named.filter((name) => !Object.hasOwn(declared, name))
  const unknown = added.find((name) => !Object.hasOwn(defaults, name))
  if (unknown !== undefined) {
    throw new InvalidOption(
      `openapi.security names the scheme ${unknown}, which components.securitySchemes of the document lacks`,
    )
  }
  return { ...declared, ...Object.fromEntries(added.map((name) => [name, defaults[name]])) }
}

/** The plugin's own operations with a body. Each takes an empty one as `{}`. */
const WITH_BODY: ReadonlySet<unknown> = new Set(['issueApiToken', 'updateApiToken', 'rotateApiToken'])

/**
 * @fastify/swagger writes `required: true` for every body, after it has asked about a route: a later route corrects the
 * earlier ones. The last of the plugin's own routes has no body.
 */
function takeEmptyBodies(paths: object): void {
  const operations = Object.values(paths).flatMap((path) => (isRecord(path) ? Object.values(path) : []))
  for (const operation of operations) {
    if (!isRecord(operation) || !isRecord(operation['requestBody'])) continue
    if (WITH_BODY.has(operation['operationId'])) operation['requestBody']['required'] = false
  }
}

/** The schema of a route with hooks of the package. What the host itself says of the operation's security stands. */
export function withBearerSecurity(schema: FastifySchema = {}): FastifySchema {
  const security = { security: bearerSecurity }
  return { ...security, ...schema }
}
