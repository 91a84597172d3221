/**
 * The Fastify scope of the plugin's routes. It has its own compilers and body parser, so that bodies are validated
 * strictly, whatever the host's compilers coerce or strip.
 */

import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifySchemaCompiler, FastifySchemaValidationError } from 'fastify'
import type { TSchema } from 'typebox'
import { shortened } from '../token/text.ts'
import { describeRoute } from './open-api.ts'
import { keepResponses } from './own-responses.ts'
import { markOwnScope, ownRoute } from './own-routes.ts'

/** Bytes. Far more than a name, a description and all scopes need. */
const BODY_LIMIT = 65_536

export const strictRoute = {
  bodyLimit: BODY_LIMIT,
  /** A host's transform for its own schemas, such as Zod schemas, cannot convert these. */
  config: { ...ownRoute, swaggerTransform: describeRoute },
} as const

export function makeStrict(scope: FastifyInstance): void {
  markOwnScope(scope)
  scope.setValidatorCompiler(compileStrictly)
  scope.setSerializerCompiler(() => serialize)
  scope.setSchemaErrorFormatter((errors, part) => {
    const message = describeFaults(errors, part)
    // Fastify adds the faults to the error, which is logged.
    for (const error of errors)
      Object.assign(error, { instancePath: shortened(error.instancePath), params: {} })
    return new Error(message)
  })
  scope.removeAllContentTypeParsers()
  parseJson(scope)
  keepResponses(scope, { 'cache-control': 'no-store' })
}

/** Only query strings are coerced: whole numbers, and lists with one member. */
const compileStrictly: FastifySchemaCompiler<TSchema> = (route) => {
  // Always compiled as a body, because the compiler's own coercion turns `1.5` and `true` into 1.
  const validate = TypeBoxValidatorCompiler({ ...route, httpPart: 'body' })
  if (route.httpPart !== 'querystring') return validate
  const { properties = {} } = route.schema as { properties?: Readonly<Record<string, { type?: string }>> }
  return (query: Readonly<Record<string, unknown>>) =>
    validate(
      Object.fromEntries(
        Object.entries(query).map(([name, value]) => [name, fromQuery(value, properties[name]?.type)]),
      ),
    )
}

/** Converts a field of a query string to its schema's type. */
function fromQuery(value: unknown, type: string | undefined): unknown {
  if (type === 'integer') return wholeNumber(value)
  return type === 'array' && !Array.isArray(value) ? [value] : value
}

/** Converts plain digits to a number. Any other value is kept, so that the schema refuses it. */
function wholeNumber(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value
}

/** Parses only JSON. An empty body is `{}`. */
function parseJson(scope: FastifyInstance): void {
  const parse = scope.getDefaultJsonParser('error', 'error')
  scope.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, {})
    else parse(request, body as string, done)
  })
  scope.addHook('preValidation', async (request) => {
    // `null` is a body that the schema refuses.
    if (request.body === undefined) request.body = {}
  })
}

/** Serializes error responses: Fastify's own, and the payload that an error handler of the host sends. */
function serialize(payload: unknown): string {
  if (!(payload instanceof Error)) return JSON.stringify(payload)
  const { statusCode, code, error, message } = payload as Error & Record<string, unknown>
  return JSON.stringify({ statusCode, code, error, message })
}

/** How many fields an error names. */
const MAX_FAULTS = 20

/** One clause a field: `body/name must be string or null`. */
function describeFaults(errors: readonly FastifySchemaValidationError[], part: string): string {
  const faults = new Map<string, string[]>()
  for (const error of errors) {
    const text = describeFault(error)
    if (text === undefined) continue
    // A list in a query string is a repeated field: the index of a member means nothing to the client.
    const path = part === 'querystring' ? error.instancePath.replace(/\/\d+$/, '') : error.instancePath
    const field = shortened(part + path)
    faults.set(field, [...(faults.get(field) ?? []), text])
  }
  return [...faults]
    .slice(0, MAX_FAULTS)
    .map(([field, texts]) => `${field} ${joinFaults(texts)}`)
    .join(', ')
}

function describeFault({ keyword, message, params }: FastifySchemaValidationError): string | undefined {
  switch (keyword) {
    case 'boolean':
      return 'is not a known field'
    case 'additionalProperties':
    case 'anyOf':
      // Another error already names the field.
      return undefined
    case 'enum':
      return `must be one of ${(params['allowedValues'] as readonly string[]).join(', ')}`
    default:
      return message ?? 'is invalid'
  }
}

function joinFaults(texts: readonly string[]): string {
  const [first = '', ...others] = texts
  return [first, ...others.map((text) => text.replace(/^must be /, ''))].join(' or ')
}
