/** Signing in and out: OAuth 2.0 authorization code with PKCE at an OpenID provider, then a cookie session. */
import formbody from '@fastify/formbody'
import oauth2, { type OAuth2Namespace } from '@fastify/oauth2'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { html } from '../pages/html.ts'
import { sendPage } from '../pages/page.ts'
import type { Role } from '../users/roles.ts'
import type { Arrival, User, UserDirectory } from '../users/users.ts'
import { requireSameOrigin } from './same-origin.ts'
import { beginSession, SESSION_COOKIE } from './sessions.ts'
import { signInFault } from './sign-in-fault.ts'

declare module 'fastify' {
  interface FastifyInstance {
    openIdProvider: OAuth2Namespace
  }
}

export interface SignInOptions {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** The provider's name in the user table. It must not change, even if the port in the issuer does. */
  readonly providerName: string
  readonly roleOf: (subject: string) => Role
  readonly users: UserDirectory
  /** The host's origin for browsers. */
  readonly origin: () => string
  /** Called when a user is added to the user table, also after an earlier removal. */
  readonly onNewUser: (user: User) => Promise<unknown>
}

export const CALLBACK_PATH = '/sign-in/callback'

const AFTER_SIGN_IN = '/settings/api-tokens'
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]']
const PROVIDER_TIMEOUT_MS = 10_000
/** OpenID Connect Core 1.0, section 2: at most 255 ASCII characters. MySQL ignores trailing spaces. */
const SUBJECT = /^[\x21-\x7e]{1,255}$/

/** Adds `/sign-in`, its callback and `POST /sign-out`. */
export async function addSignIn(app: FastifyInstance, options: SignInOptions): Promise<void> {
  await discover(app, options)

  app.get('/sign-in', { schema: { hide: true } }, async (request, reply) => {
    const home = new URL(options.origin())
    if (isOtherLoopbackName(request.hostname, home.hostname)) return reply.redirect(`${home.origin}/sign-in`)
    return reply.redirect(await app.openIdProvider.generateAuthorizationUri(request, reply))
  })

  app.get(CALLBACK_PATH, { schema: { hide: true } }, async (request, reply) => {
    const arrival = await arrive(app, options, request, reply)
    if ('failed' in arrival) return sendFailure(reply, arrival)

    const user = await admit(options, arrival)
    if ('failed' in user) return sendFailure(reply, user)

    await beginSession(request, user)
    return reply.redirect(AFTER_SIGN_IN)
  })

  await app.register(async (forms) => {
    // Only for this route: forms can also be sent by other sites, and this route checks for that.
    await forms.register(formbody)
    forms.post(
      '/sign-out',
      { schema: { hide: true }, onRequest: requireSameOrigin },
      async (request, reply) => {
        await request.session.destroy()
        return reply.clearCookie(SESSION_COOKIE, { path: '/' }).redirect(AFTER_SIGN_IN, 303)
      },
    )
  })
}

interface Failure {
  readonly failed: string
  readonly statusCode: number
}

async function discover(app: FastifyInstance, options: SignInOptions): Promise<void> {
  try {
    await app.register(oauth2, {
      name: 'openIdProvider',
      scope: ['openid', 'profile', 'email'],
      credentials: {
        client: { id: options.clientId, secret: options.clientSecret },
        http: { timeout: PROVIDER_TIMEOUT_MS },
      },
      discovery: { issuer: options.issuer },
      pkce: 'S256',
      callbackUri: () => `${options.origin()}${CALLBACK_PATH}`,
      // The provider has its own session: without this, it would sign the user in again without asking.
      callbackUriParams: { prompt: 'login' },
      cookie: {
        path: '/sign-in',
        secure: options.origin().startsWith('https:'),
        sameSite: 'lax',
        httpOnly: true,
      },
    })
  } catch (cause) {
    throw new Error(`OIDC_ISSUER: no OpenID provider answers at ${options.issuer}`, { cause })
  }
}

/** Turns the provider's response into a user, or into the reason for a failure. */
async function arrive(
  app: FastifyInstance,
  options: SignInOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Arrival | Failure> {
  let claims: object
  try {
    const { token } = await app.openIdProvider.getAccessTokenFromAuthorizationCodeFlow(request, reply)
    claims = await app.openIdProvider.userinfo(token)
  } catch (error) {
    request.log.info(signInFault(error), 'a sign-in failed')
    return failureOf(error)
  }

  const { sub, name, email } = claims as Readonly<Record<string, unknown>> // JSON from the provider
  if (typeof sub !== 'string' || !SUBJECT.test(sub)) {
    return { failed: 'The identity provider did not say who you are.', statusCode: 502 }
  }
  return {
    id: sub,
    provider: options.providerName,
    name: typeof name === 'string' && name !== '' ? name : sub,
    email: typeof email === 'string' ? email : null,
    role: options.roleOf(sub),
  }
}

async function admit(options: SignInOptions, arrival: Arrival): Promise<User | Failure> {
  const known = await options.users.find(arrival.id)
  if (known && known.provider !== arrival.provider) {
    return { failed: 'An account with your id belongs to another identity provider.', statusCode: 403 }
  }
  if (known?.status === 'deactivated') {
    return { failed: 'Your account has been deactivated. Please ask an administrator.', statusCode: 403 }
  }

  const user = await options.users.admit(arrival, new Date())
  if (!known) await options.onNewUser(user)
  return user
}

function failureOf(error: unknown): Failure {
  if (error instanceof Error && error.message === 'Invalid state') {
    return { failed: 'This sign-in was not started in this browser, or has expired.', statusCode: 400 }
  }
  // Errors of the OAuth client with a status are responses of the provider. Others mean that there was no response.
  const status = Object(error).output?.statusCode
  if (status === 400 || status === 401) {
    return { failed: 'The identity provider refused this sign-in.', statusCode: 400 }
  }
  return { failed: 'The identity provider cannot be reached.', statusCode: 502 }
}

function sendFailure(reply: FastifyReply, { failed, statusCode }: Failure): FastifyReply {
  return sendPage(reply.code(statusCode), {
    title: 'Sign-in failed',
    content: html`<p>${failed}</p>
      <p><a class="button" href="/sign-in">Sign in</a></p>`,
  })
}

/** Cookies of localhost and 127.0.0.1 are separate: the sign-in must start at the host name that it returns to. */
function isOtherLoopbackName(asked: string, home: string): boolean {
  return asked !== home && LOOPBACK_NAMES.includes(asked) && LOOPBACK_NAMES.includes(home)
}
