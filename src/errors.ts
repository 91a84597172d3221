/** The errors of the plugin. Codes and statuses are part of the public interface. */

import createError, { type FastifyError, type FastifyErrorConstructor } from '@fastify/error'

/** An error of the plugin: a Fastify error with headers for the reply. */
export interface ApiTokensError extends FastifyError {
  readonly headers?: Readonly<Record<string, string>>
}

const PREFIX = 'FST_API_TOKENS_'

/**
 * The class of an error. It is declared because TypeScript would infer a type that names `createError` as a namespace,
 * which hosts with `moduleResolution: bundler` cannot resolve.
 */
type PluginError = FastifyErrorConstructor<{ code: string; statusCode: number }>

/** Client errors have no stack trace: creating one is slow, and clients can cause any number of errors. */
function errorClass(
  code: string,
  message: string,
  status: number,
  base: ErrorConstructor = Error,
): PluginError {
  return createError(code, message, status, base, status >= 500)
}

/** RFC 6750 §3.1: the challenge for a request without a credential has no error code. */
export const MissingCredential = errorClass(
  `${PREFIX}MISSING`,
  'An API token is required: send it as Authorization: Bearer',
  401,
)
/** RFC 6750 §3.1 `invalid_request`. */
export const MalformedCredential = errorClass(
  `${PREFIX}MALFORMED`,
  'The Authorization header is malformed: %s',
  400,
)
/** RFC 6750 §3.1 `invalid_token`: one message for every reason. */
export const InvalidToken = errorClass(`${PREFIX}INVALID`, 'The API token is not active', 401)
/** RFC 6750 §3.1 `insufficient_scope`. */
export const InsufficientScope = errorClass(
  `${PREFIX}INSUFFICIENT_SCOPE`,
  'The API token lacks the scope %s',
  403,
)
export const ScopeNotGrantable = errorClass(
  `${PREFIX}SCOPE_NOT_GRANTABLE`,
  'You cannot grant the scope %s',
  403,
)
export const UserRequired = errorClass(`${PREFIX}USER_REQUIRED`, 'Sign in to manage API tokens', 401)
export const AdminRequired = errorClass(
  `${PREFIX}ADMIN_REQUIRED`,
  'Sign in as an administrator of API tokens',
  401,
)
export const SessionOnly = errorClass(
  `${PREFIX}SESSION_ONLY`,
  'An API token cannot manage API tokens: sign in',
  403,
)
export const UserInactive = errorClass(`${PREFIX}USER_INACTIVE`, 'The user is deactivated or removed', 403)
/** The same code for a user unknown to `findUser`, with a message that names the cause. */
export function userUnknown(): FastifyError {
  return Object.assign(new UserInactive(), { message: 'The user is unknown: findUser returned null' })
}

/** RFC 8693 §2.2.2: the identity provider refused to issue a refresh token. */
export const ProviderRefused = errorClass(
  `${PREFIX}PROVIDER_REFUSED`,
  'The identity provider refused the token: %s',
  403,
)
export const CrossSite = errorClass(
  `${PREFIX}CROSS_SITE`,
  'API tokens cannot be changed from another site',
  403,
)
export const TokenNotFound = errorClass(`${PREFIX}NOT_FOUND`, 'The API token does not exist', 404)
/** The same code for an owner that `authenticateUser` did not return: whether it exists stays unknown. */
export function ownerUnknown(): FastifyError {
  return Object.assign(new TokenNotFound(), { message: 'You manage no API tokens of this owner' })
}

/** The same code for an owner without a row. */
export function ownerNotFound(): FastifyError {
  return Object.assign(new TokenNotFound(), { message: 'The owner has had no API tokens' })
}

export const TokenConflict = errorClass(`${PREFIX}CONFLICT`, '%s', 409)
export const AuthenticationDisabled = errorClass(
  `${PREFIX}AUTHENTICATION_DISABLED`,
  'API tokens are not available: authentication is turned off',
  403,
)
/** An outage: the token is neither accepted nor refused. */
export const StoreUnavailable = errorClass(
  `${PREFIX}STORE_UNAVAILABLE`,
  'API tokens cannot be checked right now, try again shortly',
  503,
)

/** A fault of the store that waiting does not correct, such as a full disk or a missing privilege: therefore not a 503. */
export const StoreFault = errorClass(
  `${PREFIX}STORE_FAULT`,
  'The store of API tokens has a fault that an operator must correct: the log names it',
  500,
)

/** Invalid input, with the code of Fastify's own validation errors. */
export const InvalidInput = errorClass('FST_ERR_VALIDATION', '%s', 400)

/** A route uses a hook of the package where the plugin is not registered. */
export const NotRegistered = errorClass(
  `${PREFIX}NOT_REGISTERED`,
  'fastify-api-tokens is not registered on this instance: await app.register(apiTokens, …)',
  500,
)

/** A hook of the package at a position where it cannot refuse a request. Thrown at boot. */
export const MisplacedHook = errorClass(`${PREFIX}MISPLACED_HOOK`, 'fastify-api-tokens: %s', 500, TypeError)

/** Too many results of `verify` with a watched signal have not been disposed. */
export const TooManySignals = errorClass(
  `${PREFIX}TOO_MANY_SIGNALS`,
  'The signals of %s results of verify() are watched, which is the limit: dispose of each result after use',
  500,
)

/** An invalid option, named by its path. Thrown at boot. */
export const InvalidOption = errorClass(`${PREFIX}INVALID_OPTION`, 'fastify-api-tokens: %s', 500, TypeError)

/** A function of the host returned an invalid value. Waiting does not help, so it is not a 503. */
export const InvalidResult = errorClass(`${PREFIX}INVALID_RESULT`, 'fastify-api-tokens: %s', 500, TypeError)

/**
 * The error classes by code, as `fastify.errorCodes` has Fastify's own.
 *
 * @example const isRefused = (error: unknown) => error instanceof errorCodes.FST_API_TOKENS_INVALID
 */
export const errorCodes = {
  FST_API_TOKENS_MISSING: MissingCredential,
  FST_API_TOKENS_MALFORMED: MalformedCredential,
  FST_API_TOKENS_INVALID: InvalidToken,
  FST_API_TOKENS_INSUFFICIENT_SCOPE: InsufficientScope,
  FST_API_TOKENS_SCOPE_NOT_GRANTABLE: ScopeNotGrantable,
  FST_API_TOKENS_USER_REQUIRED: UserRequired,
  FST_API_TOKENS_ADMIN_REQUIRED: AdminRequired,
  FST_API_TOKENS_SESSION_ONLY: SessionOnly,
  FST_API_TOKENS_USER_INACTIVE: UserInactive,
  FST_API_TOKENS_PROVIDER_REFUSED: ProviderRefused,
  FST_API_TOKENS_CROSS_SITE: CrossSite,
  FST_API_TOKENS_NOT_FOUND: TokenNotFound,
  FST_API_TOKENS_CONFLICT: TokenConflict,
  FST_API_TOKENS_AUTHENTICATION_DISABLED: AuthenticationDisabled,
  FST_API_TOKENS_STORE_UNAVAILABLE: StoreUnavailable,
  FST_API_TOKENS_STORE_FAULT: StoreFault,
  FST_API_TOKENS_NOT_REGISTERED: NotRegistered,
  FST_API_TOKENS_MISPLACED_HOOK: MisplacedHook,
  FST_API_TOKENS_TOO_MANY_SIGNALS: TooManySignals,
  FST_API_TOKENS_INVALID_OPTION: InvalidOption,
  FST_API_TOKENS_INVALID_RESULT: InvalidResult,
} as const

/** Whether an error is one of the plugin's, by its code. */
export function isApiTokensError(error: unknown): error is ApiTokensError {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    error.code.startsWith(PREFIX)
  )
}

/** The same error with headers for its reply. */
export function withHeaders<E extends FastifyError>(error: E, headers: Readonly<Record<string, string>>): E {
  return Object.assign(error, { headers })
}

const RETRY_AFTER_SECONDS = 5

/** A 503 with `Retry-After` (RFC 9110 §10.2.3) and the cause for the log. */
export function unavailable(cause: unknown): FastifyError {
  return withHeaders(new StoreUnavailable({ cause }), { 'retry-after': String(RETRY_AFTER_SECONDS) })
}

/**
 * An equal error with the same cause, for one of several requests that fail together: the error handler of a host may change
 * the error of its request.
 */
export function ownError(error: unknown): Error {
  const message = error instanceof Error ? error.message : String(error)
  if (!isApiTokensError(error)) return new Error(message, { cause: error })
  // The code may be a later version's, when two copies of the package are in use.
  const ErrorClass: PluginError | undefined = errorCodes[error.code as keyof typeof errorCodes]
  if (ErrorClass === undefined) return new Error(message, { cause: error })
  const own = Object.assign(new ErrorClass({ cause: error.cause }), { message })
  return error.headers === undefined ? own : withHeaders(own, { ...error.headers })
}
