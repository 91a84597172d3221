/**
 * The scope in which the plugin's routes live, with compilers and a body parser of their own: whatever the host's
 * coerce, strip or expect, bodies are taken strictly here.
 */

import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifySchemaCompiler, FastifySchemaValidationError } from 'fastify'
import type { TSchema } from 'typebox'
import { describeRoute } from './open-api.ts'
import { keepResponses } from './own-responses.ts'
import { announceOwnRoutes, ownRoute } from './own-routes.ts'

/** Bytes: a name, a description and every scope there is fit many times over. */
const BODY_LIMIT = 65_536

export const strictRoute = {
  bodyLimit: BODY_LIMIT,
  /** A host's transform for its own schemas (of Zod, say) does not know these. */
  config: { ...ownRoute, swaggerTransform: describeRoute },
} as const

export function makeStrict(scope: FastifyInstance): void {
  announceOwnRoutes(scope)
  scope.setValidatorCompiler(compileStrictly)
  scope.setSerializerCompiler(() => serialize)
  scope.setSchemaErrorFormatter((errors, part) => new Error(describeFaults(errors, part)))
  scope.removeAllContentTypeParsers()
  parseJson(scope)
  keepResponses(scope, { 'cache-control': 'no-store' })
}

/** Nothing is coerced but a query string, which is text: whole numbers, and a list that has one member. */
const compileStrictly: FastifySchemaCompiler<TSchema> = (route) => {
  // As a part that is not coerced: the compiler's own coercion makes 1 of `1.5` and of `true`.
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

/** A field of a query string as its schema's type expects it. */
function fromQuery(value: unknown, type: string | undefined): unknown {
  if (type === 'integer') return wholeNumber(value)
  return type === 'array' && !Array.isArray(value) ? [value] : value
}

/** The number that plain digits are; anything else stays what it is, for the schema to refuse. */
function wholeNumber(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value
}

/** JSON alone, and an empty body is `{}`. */
function parseJson(scope: FastifyInstance): void {
  const parse = scope.getDefaultJsonParser('error', 'error')
  scope.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, {})
    else parse(request, body as string, done)
  })
  scope.addHook('preValidation', async (request) => {
    // `null` is a body, and a wrong one.
    if (request.body === undefined) request.body = {}
  })
}

/** Only error responses come here: Fastify's own, and what an error handler of the host sends, whatever its form. */
function serialize(payload: unknown): string {
  if (!(payload instanceof Error)) return JSON.stringify(payload)
  const { statusCode, code, error, message } = payload as Error & Record<string, unknown>
  return JSON.stringify({ statusCode, code, error, message })
}

/** One clause a field: `body/name must be string or null`. */
function describeFaults(errors: readonly FastifySchemaValidationError[], part: string): string {
  const faults = new Map<string, string[]>()
  for (const error of errors) {
    const text = describeFault(error)
    if (text === undefined) continue
    // A list in a query string is a field that is repeated: its members have no names.
    const path = part === 'querystring' ? error.instancePath.replace(/\/\d+$/, '') : error.instancePath
    const field = part + path
    faults.set(field, [...(faults.get(field) ?? []), text])
  }
  return [...faults].map(([field, texts]) => `${field} ${joinFaults(texts)}`).join(', ')
}

function describeFault({ keyword, message, params }: FastifySchemaValidationError): string | undefined {
  switch (keyword) {
    case 'boolean':
      return 'is not a known field'
    case 'additionalProperties':
    case 'anyOf':
      // Said already, of the field itself.
      return undefined
    case 'enum':
      return `must be one of ${(params['allowedValues'] as readonly string[]).join(', ')}`
    default:
      return message ?? 'is wrong'
  }
}

function joinFaults(texts: readonly string[]): string {
  const [first = '', ...others] = texts
  return [first, ...others.map((text) => text.replace(/^must be /, ''))].join(' or ')
}
