/** The errors of the OAuth 2.0 endpoints, in the form of RFC 6749 §5.2. */

import type { FastifyError, FastifyInstance } from 'fastify'
import { isApiTokensError } from '../errors.ts'
import { JSON_TYPE, sendOwnError } from '../http/own-responses.ts'

/** RFC 6749 §5.2, RFC 7009 §2.2.1, RFC 8693 §2.2.2, RFC 8628 §3.5. */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'invalid_scope'
  | 'invalid_target'
  | 'authorization_pending'
  | 'slow_down'
  | 'access_denied'
  | 'expired_token'
  | 'temporarily_unavailable'
  | 'server_error'

export interface OAuthErrorRest {
  /** Default: 400. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

export class OAuthError extends Error {
  readonly code: OAuthErrorCode
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>

  /** @param description For the client's developer: printable ASCII without quotes and backslashes (RFC 6749 §5.2). */
  constructor(
    code: OAuthErrorCode,
    description: string,
    { status = 400, headers = {}, cause }: OAuthErrorRest = {},
  ) {
    super(description.replaceAll(/["\\]|[^\x20-\x7E]/g, '?'), { cause })
    this.code = code
    this.statusCode = status
    this.headers = headers
  }
}

/** A 503 for a dependency that is unavailable: the request is neither accepted nor refused. */
export function temporarilyUnavailable(description: string, cause: unknown): OAuthError {
  return new OAuthError('temporarily_unavailable', description, {
    status: 503,
    headers: { 'retry-after': '5' },
    cause,
  })
}

/** Sends all errors of the scope in the form of RFC 6749 §5.2, not in the form of the host's error handler. */
export function sendOAuthErrors(scope: FastifyInstance): void {
  scope.setErrorHandler<FastifyError>((thrown, request, reply) => {
    const error = asOAuthError(thrown)
    if (error.statusCode >= 500) request.log.error({ err: thrown }, 'an OAuth 2.0 endpoint failed')
    else request.log.info(rejectionOf(error), 'an OAuth 2.0 request was refused')
    const body = JSON.stringify({ error: error.code, error_description: error.message })
    return sendOwnError(reply.headers(error.headers), { status: error.statusCode, type: JSON_TYPE, body })
  })
}

/** The reason for the host's log. Only the code of a cause is logged: its message may contain the client's text. */
function rejectionOf({ code, message, cause }: OAuthError) {
  const reason = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return { error: code, description: message, reason }
}

function asOAuthError(error: FastifyError): OAuthError {
  if (error instanceof OAuthError) return error
  const { statusCode: status = 500, message } = error
  const headers = isApiTokensError(error) ? error.headers : undefined
  if (status === 503) {
    return new OAuthError('temporarily_unavailable', message, { status, ...(headers && { headers }) })
  }
  if (status >= 400 && status < 500) return new OAuthError('invalid_request', message, { status })
  return new OAuthError('server_error', 'The server failed with an internal error', { status: 500 })
}
