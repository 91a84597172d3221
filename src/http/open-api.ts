/** Describes the plugin's routes, and the security of protected routes, in the host's OpenAPI document. */

import type { FastifySchema } from 'fastify'
import { InvalidOption } from '../errors.ts'
import { isRecord } from '../option-values.ts'

const SCHEME = 'apiToken'
const SESSION_SCHEME = 'session'

/** OpenAPI 3.1 §4.8.30: the required schemes, by name. */
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
    description: 'An API token, sent as Authorization: Bearer',
  },
} as const

/** The security requirement of an operation that takes a token. */
export const bearerSecurity = [{ [SCHEME]: [] }]

/** The default security requirement of the routes for signed-in users; the option `openapi.security` replaces it. */
export const sessionSecurity: readonly SecurityRequirement[] = [{ [SESSION_SCHEME]: [] }]

/** The schemes that are added to a document whose host has not declared them. */
const OPENAPI_SCHEMES: Readonly<Record<string, object>> = {
  ...bearerSecurityScheme,
  [SESSION_SCHEME]: {
    type: 'apiKey',
    in: 'cookie',
    name: 'session',
    description: "The host's own session",
  },
}
/** Swagger 2.0 has neither bearer schemes nor cookies. */
const SWAGGER_SCHEMES: Readonly<Record<string, object>> = {
  [SCHEME]: { type: 'apiKey', name: 'authorization', in: 'header' },
  [SESSION_SCHEME]: { type: 'apiKey', name: 'cookie', in: 'header' },
}

/** The argument of a transform of @fastify/swagger, for an OpenAPI or a Swagger 2.0 document. */
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
 * The transform that @fastify/swagger calls for each of the plugin's own routes, instead of the host's transform. A
 * document must declare every scheme that its operations name, so missing default schemes are added.
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

/** The plugin's operations with a body that may be empty, which counts as `{}`. */
const WITH_BODY: ReadonlySet<unknown> = new Set([
  ...['issueApiToken', 'updateApiToken', 'rotateApiToken', 'updateAnyApiToken'],
  ...['deactivateApiTokenOwner', 'reactivateApiTokenOwner', 'removeApiTokenOwner'],
])

/**
 * @fastify/swagger sets `required: true` for every body after the transform of its route has run. The transform of a
 * later route therefore corrects the earlier ones. The last of the plugin's routes has no body.
 */
function takeEmptyBodies(paths: object): void {
  const operations = Object.values(paths).flatMap((path) => (isRecord(path) ? Object.values(path) : []))
  for (const operation of operations) {
    if (!isRecord(operation) || !isRecord(operation['requestBody'])) continue
    if (WITH_BODY.has(operation['operationId'])) operation['requestBody']['required'] = false
  }
}

/** Adds the security scheme to a route's schema. A `security` that the host has set is kept. */
export function withBearerSecurity(schema: FastifySchema = {}): FastifySchema {
  const security = { security: bearerSecurity }
  return { ...security, ...schema }
}
