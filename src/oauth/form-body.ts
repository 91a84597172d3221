/** Parses the form bodies of OAuth 2.0 requests (RFC 6749 appendix B) strictly. */

import type { FastifyInstance } from 'fastify'
import { OAuthError } from './oauth-error.ts'

/** The parameters of a request with their values. */
export type Form = ReadonlyMap<string, readonly string[]>

/** Bytes. Enough for several tokens of an identity provider. */
const BODY_LIMIT = 65_536
const FORM = 'application/x-www-form-urlencoded'
/** RFC 8693 §2.1: only these may occur more than once. */
const REPEATABLE = new Set(['resource', 'audience'])

/** Parses form bodies and refuses all other bodies with 415. */
export function parseForms(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser(FORM, { parseAs: 'string', bodyLimit: BODY_LIMIT }, (_request, body, done) => {
    try {
      // `parseAs` makes it a string.
      done(null, parseForm(body as string))
    } catch (error) {
      done(error as Error)
    }
  })
}

/** Requires a form body, and refuses parameters in the URL. */
export function requireForms(scope: FastifyInstance): void {
  parseForms(scope)
  scope.addHook('preValidation', async ({ raw, body }) => {
    // RFC 6749 §2.3.1: parameters in the URI would end up in logs.
    if (raw.url?.includes('?')) throw new OAuthError('invalid_request', 'Parameters must be in the body')
    if (body === undefined) throw new OAuthError('invalid_request', `The body must be ${FORM}`)
  })
}

/** The value of a parameter. One without a value counts as absent: `undefined` (RFC 6749 §3.2). */
export function parameter(form: Form, name: string): string | undefined {
  return form.get(name)?.[0]
}

/** @throws {OAuthError} `invalid_request`, if the parameter is missing. */
export function requiredParameter(form: Form, name: string): string {
  const value = parameter(form, name)
  if (value === undefined) throw new OAuthError('invalid_request', `${name} is missing`)
  return value
}

/** @throws {OAuthError} `invalid_request`, for a malformed form or a repeated parameter (RFC 6749 §3.2). */
function parseForm(body: string): Form {
  const form = new Map<string, string[]>()
  for (const pair of body === '' ? [] : body.split('&')) {
    const [name = '', ...rest] = pair.split('=')
    const [key, value] = [decodeForm(name), decodeForm(rest.join('='))]
    if (key === undefined || value === undefined) {
      throw new OAuthError('invalid_request', 'The body is not a form: a percent sign is wrong')
    }
    const values = form.get(key)
    if (values !== undefined && !REPEATABLE.has(key)) {
      throw new OAuthError('invalid_request', 'A parameter occurs more than once')
    }
    if (values === undefined) form.set(key, value === '' ? [] : [value])
    else if (value !== '') values.push(value)
  }
  return form
}

/** Decodes a name or value of a form (RFC 6749 appendix B); `undefined` for a wrong percent-encoding. */
export function decodeForm(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}
