/** Errors in OpenAI's format: `{ error: { message, type, param, code } }`. */
import { type Static, Type } from '@fastify/type-provider-typebox'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'

const TextOrNull = Type.Union([Type.String(), Type.Null()])

export const OpenAiErrorBody = Type.Object(
  {
    error: Type.Object({
      message: Type.String(),
      type: Type.String(),
      param: TextOrNull,
      code: TextOrNull,
    }),
  },
  { description: 'Why the request was refused' },
)

export type OpenAiErrorBody = Static<typeof OpenAiErrorBody>

/** An error of the model's routes. */
export class OpenAiError extends Error {
  readonly statusCode: number
  readonly code: string
  readonly param: string | null

  constructor(
    statusCode: number,
    code: string,
    message: string,
    options: { param?: string; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause })
    this.statusCode = statusCode
    this.code = code
    this.param = options.param ?? null
  }
}

/** The error for a client whose token ends during a response. */
export function tokenEnded(): OpenAiError {
  return new OpenAiError(401, 'token_ended', 'The API token ended while the response was being sent')
}

/** The error for a client when the host stops during a response. */
export function hostStopping(): OpenAiError {
  return new OpenAiError(503, 'host_stopping', 'The host is stopping')
}

/** The body of an error. */
export function openAiErrorBody(error: OpenAiError): OpenAiErrorBody {
  const { statusCode, code, message, param } = error
  return { error: { message, type: typeOf(statusCode), param, code } }
}

/** Sends all errors of a Fastify scope in OpenAI's format, including those of the token plugin and of Fastify. */
export function sendOpenAiError(
  error: FastifyError | OpenAiError,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  const statusCode = error.statusCode ?? 500
  if (statusCode >= 500) request.log.error({ err: error }, 'a request for the model failed')

  // Internal errors go only to the log: an error without a status was not written for clients.
  const message = error.statusCode === undefined ? 'The host failed' : error.message
  const param =
    'validation' in error && error.validation ? paramOf(error) : 'param' in error ? error.param : null
  return reply
    .code(statusCode)
    .send({ error: { message, type: typeOf(statusCode), param: param ?? null, code: error.code ?? null } })
}

/** The first field of a validation error, such as `messages[0].role`. */
function paramOf({ validation }: FastifyError): string | null {
  const first = validation?.[0]
  if (!first) return null
  const missing = first.params.missingProperty
  const steps = first.instancePath.split('/').slice(1)
  if (typeof missing === 'string') steps.push(missing)
  return steps.reduce(
    (path, step) => (/^\d+$/.test(step) ? `${path}[${step}]` : path ? `${path}.${step}` : step),
    '',
  )
}

function typeOf(statusCode: number): string {
  if (statusCode === 401) return 'authentication_error'
  if (statusCode === 403) return 'permission_error'
  if (statusCode === 504) return 'timeout_error'
  return statusCode >= 500 ? 'server_error' : 'invalid_request_error'
}
