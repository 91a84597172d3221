/** Reduces a failed sign-in to what may be logged. */

/** The codes of RFC 6749 §5.2. Any other text of the provider may hold secrets, personal data or control characters. */
const CODES = [
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
]

export interface SignInFault {
  /** The status of the provider's response, if there was one. */
  readonly status: number | null
  /** The provider's error code, if it is a registered one; otherwise the code or the class of the error. */
  readonly code: string
}

/** The errors of the OAuth client contain the provider's whole response: this leaves it out. */
export function signInFault(error: unknown): SignInFault {
  const { output, data, code, name } = Object(error)
  const status: unknown = output?.statusCode
  const reported: unknown = data?.payload?.error
  const known = CODES.find((registered) => registered === reported)
  return {
    status: typeof status === 'number' ? status : null,
    code: known ?? (typeof code === 'string' ? code : String(name ?? 'unknown')),
  }
}
