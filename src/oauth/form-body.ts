/** The bodies of OAuth 2.0 requests: forms (RFC 6749 appendix B), taken strictly. */

import type { FastifyInstance } from 'fastify'
import { OAuthError } from './oauth-error.ts'

/** The parameters of a request, each with what it was given. */
export type Form = ReadonlyMap<string, readonly string[]>

/** Bytes: several tokens of an identity provider fit. */
const BODY_LIMIT = 65_536
const FORM = 'application/x-www-form-urlencoded'
/** RFC 8693 §2.1: these alone may be given more than once. */
const REPEATABLE = new Set(['resource', 'audience'])

/** Takes forms as bodies, and no other bodies. */
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

/** Takes forms and nothing else, in the body and nowhere else. */
export function takeForms(scope: FastifyInstance): void {
  parseForms(scope)
  scope.addHook('preValidation', async ({ raw, body }) => {
    // RFC 6749 §2.3.1: what is in the URI is in everybody's log.
    if (raw.url?.includes('?')) throw new OAuthError('invalid_request', 'Parameters go into the body alone')
    if (body === undefined) throw new OAuthError('invalid_request', `The body must be ${FORM}`)
  })
}

/** The value of a parameter, or `undefined` for none: one without a value counts as left out (RFC 6749 §3.2). */
export function parameter(form: Form, name: string): string | undefined {
  return form.get(name)?.[0]
}

/** @throws {OAuthError} `invalid_request`, when it is not there. */
export function requiredParameter(form: Form, name: string): string {
  const value = parameter(form, name)
  if (value === undefined) throw new OAuthError('invalid_request', `${name} is missing`)
  return value
}

/** @throws {OAuthError} `invalid_request`, for what is no form, or says a parameter twice (RFC 6749 §3.2). */
export function parseForm(body: string): Form {
  const form = new Map<string, string[]>()
  for (const pair of body === '' ? [] : body.split('&')) {
    const [name = '', ...rest] = pair.split('=')
    const [key, value] = [decode(name), decode(rest.join('='))]
    const values = form.get(key)
    if (values !== undefined && !REPEATABLE.has(key)) {
      throw new OAuthError('invalid_request', 'A parameter is there more than once')
    }
    if (values === undefined) form.set(key, value === '' ? [] : [value])
    else if (value !== '') values.push(value)
  }
  return form
}

/** Like browsers, but half a percent sign is an error. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw new OAuthError('invalid_request', 'The body is not a form: a percent sign is wrong')
  }
}
