/** Every error of the plugin, in one table. The codes and statuses are part of the public surface. */

import createError, { type FastifyError, type FastifyErrorConstructor } from '@fastify/error'

/** What the plugin throws and answers: Fastify's own error, with the headers that belong on the reply. */
export interface ApiTokensError extends FastifyError {
  readonly headers?: Readonly<Record<string, string>>
}

const PREFIX = 'FST_API_TOKENS_'

/**
 * The class of one kind of error. TypeScript would infer a type that names `createError` as a namespace, which a host with
 * `moduleResolution: bundler` cannot resolve: hence this one.
 */
type PluginError = FastifyErrorConstructor<{ code: string; statusCode: number }>

/** A bad request is the client's doing and as frequent as it likes: its error carries no stack. */
function errorClass(
  code: string,
  message: string,
  status: number,
  base: ErrorConstructor = Error,
): PluginError {
  return createError(code, message, status, base, status >= 500)
}

/** RFC 6750 §3.1: without any credential the challenge has no error code. */
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
/** RFC 6750 §3.1 `invalid_token`: one message, whatever the reason. */
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
export const SessionOnly = errorClass(
  `${PREFIX}SESSION_ONLY`,
  'An API token cannot manage API tokens: sign in',
  403,
)
export const UserInactive = errorClass(`${PREFIX}USER_INACTIVE`, 'The user is deactivated or removed', 403)
/** The same code for a user whom `findUser` does not know, with a message that leads to the cause. */
export function userUnknown(): FastifyError {
  return Object.assign(new UserInactive(), { message: 'The user is unknown: findUser returned null' })
}

/** RFC 8693 §2.2.2: the identity provider that holds the tokens gives none. */
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
export const TokenConflict = errorClass(`${PREFIX}CONFLICT`, '%s', 409)
export const AuthenticationDisabled = errorClass(
  `${PREFIX}AUTHENTICATION_DISABLED`,
  'API tokens are not available: authentication is turned off',
  403,
)
/** An outage: neither a refusal nor a pass. */
export const StoreUnavailable = errorClass(
  `${PREFIX}STORE_UNAVAILABLE`,
  'API tokens cannot be checked right now, try again shortly',
  503,
)

/** A fault of the store that waiting does not correct, such as a full disk or a missing privilege: not a 503. */
export const StoreFault = errorClass(
  `${PREFIX}STORE_FAULT`,
  'The store of API tokens has a fault that an operator must correct: the log names it',
  500,
)

/** What is wrong with input that is well-formed JSON, in the words and under the code of Fastify's own check. */
export const InvalidInput = errorClass('FST_ERR_VALIDATION', '%s', 400)

/** A route is protected by the package's hooks, and the plugin is not registered there. */
export const NotRegistered = errorClass(
  `${PREFIX}NOT_REGISTERED`,
  'fastify-api-tokens is not registered on this instance: await app.register(apiTokens, …)',
  500,
)

/** A hook of the package where it cannot refuse a request. Thrown at boot. */
export const MisplacedHook = errorClass(`${PREFIX}MISPLACED_HOOK`, 'fastify-api-tokens: %s', 500, TypeError)

/** Results of `verify` whose signals are watched, and too many of them that nobody disposed of. */
export const TooManySignals = errorClass(
  `${PREFIX}TOO_MANY_SIGNALS`,
  'The signals of %s results of verify() are watched, which is the limit: dispose of each result after use',
  500,
)

/** A wrong option, named by its path, at boot. */
export const InvalidOption = errorClass(`${PREFIX}INVALID_OPTION`, 'fastify-api-tokens: %s', 500, TypeError)

/** A function of the host returned what it may not: waiting does not help, and neither a refusal nor a pass is safe. */
export const InvalidResult = errorClass(`${PREFIX}INVALID_RESULT`, 'fastify-api-tokens: %s', 500, TypeError)

/**
 * The error classes by code, as `fastify.errorCodes` has Fastify's own.
 *
 * @example if (error instanceof errorCodes.FST_API_TOKENS_INVALID) reply.code(401)
 */
export const errorCodes = {
  FST_API_TOKENS_MISSING: MissingCredential,
  FST_API_TOKENS_MALFORMED: MalformedCredential,
  FST_API_TOKENS_INVALID: InvalidToken,
  FST_API_TOKENS_INSUFFICIENT_SCOPE: InsufficientScope,
  FST_API_TOKENS_SCOPE_NOT_GRANTABLE: ScopeNotGrantable,
  FST_API_TOKENS_USER_REQUIRED: UserRequired,
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

/** A 503 with `Retry-After` (RFC 9110 §10.2.3), its cause kept for the log. */
export function unavailable(cause: unknown): FastifyError {
  return withHeaders(new StoreUnavailable({ cause }), { 'retry-after': String(RETRY_AFTER_SECONDS) })
}
