/**
 * Reduces errors of an identity provider to what may be logged or sent to clients. Their texts may contain tokens,
 * secrets or personal data. Only registered codes, error codes of this process and HTTP statuses are passed on.
 */

/**
 * The codes of token and authorization error responses: RFC 6749 §4.1.2.1 and §5.2, OpenID Connect Core 1.0 §3.1.2.6,
 * RFC 8628 §3.5, RFC 8693 §2.2.2, RFC 9396 §5, RFC 9449 §5 and §8, RFC 9470 §3, and of revocation, RFC 7009 §2.2.1.
 */
const REGISTERED = new Set([
  'access_denied',
  'account_selection_required',
  'authorization_pending',
  'consent_required',
  'expired_token',
  'insufficient_user_authentication',
  'interaction_required',
  'invalid_authorization_details',
  'invalid_client',
  'invalid_dpop_proof',
  'invalid_grant',
  'invalid_request',
  'invalid_scope',
  'invalid_target',
  'login_required',
  'server_error',
  'slow_down',
  'temporarily_unavailable',
  'unauthorized_client',
  'unsupported_grant_type',
  'unsupported_response_type',
  'unsupported_token_type',
  'use_dpop_nonce',
])

/** The code of a provider's error response, if it is a registered one. */
export function registeredCode(error: unknown): string | undefined {
  return typeof error === 'string' && REGISTERED.has(error) ? error : undefined
}

/**
 * Makes an error for a failed call to the provider, without any text of the provider. HTTP clients and parsers quote
 * parts of the response in their errors.
 *
 * @param what What failed, as the beginning of a sentence: `the metadata of https://id.example`.
 */
export function providerFailure(what: string, error: unknown): Error {
  const details = [...new Set(detailsOf(error))]
  return new Error(details.length === 0 ? `${what} failed` : `${what} failed: ${details.join(', ')}`)
}

/** Names and codes of the error and its causes, outermost first. */
function detailsOf(error: unknown): string[] {
  const details: string[] = []
  let cause = error
  for (let depth = 0; depth < MAX_DEPTH && cause instanceof Error; depth += 1) {
    const { name } = cause
    const { code, status, error: reason } = cause as { code?: unknown; status?: unknown; error?: unknown }
    if (CODE.test(name)) details.push(name)
    if (typeof code === 'string' && CODE.test(code)) details.push(code)
    if (typeof status === 'number') details.push(`status ${status}`)
    const registered = registeredCode(reason)
    if (registered !== undefined) details.push(registered)
    cause = cause.cause
  }
  return details
}

const MAX_DEPTH = 5
/** The form of error names and codes: `ECONNREFUSED`, `ERR_JWKS_TIMEOUT`, `TypeError`. */
const CODE = /^[A-Za-z]\w{0,63}$/
