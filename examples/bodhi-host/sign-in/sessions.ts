/** Cookie sessions, which work on every instance of the host. */
import cookie from '@fastify/cookie'
import session from '@fastify/session'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Kysely } from 'kysely'
import type { Tables } from '../database/tables.ts'
import type { User, UserDirectory } from '../users/users.ts'
import { sessionStore } from './session-store.ts'

declare module 'fastify' {
  interface Session {
    signedIn?: { readonly userId: string; readonly stamp: string }
  }
}

export const SESSION_COOKIE = 'bodhi_session'

const LIFETIME_MS = 8 * 60 * 60 * 1000

export interface SessionOptions {
  readonly db: Kysely<Tables>
  /** The same on every instance. */
  readonly secret: string
  /** Whether browsers use https. */
  readonly secure: boolean
}

/** Adds cookies and sessions to the host. */
export async function addSessions(
  app: FastifyInstance,
  { db, secret, secure }: SessionOptions,
): Promise<void> {
  await app.register(cookie)
  await app.register(session, {
    secret,
    cookieName: SESSION_COOKIE,
    cookie: { httpOnly: true, sameSite: 'lax', secure, path: '/', maxAge: LIFETIME_MS },
    store: sessionStore(db, LIFETIME_MS),
    saveUninitialized: false,
    // Rolling sessions are saved with every response: a request in flight during sign-out would restore its session.
    rolling: false,
  })
}

/** The user of a request's session, if the user is still active. */
export async function signedInUser(request: FastifyRequest, users: UserDirectory): Promise<User | null> {
  const signedIn = request.session.signedIn
  const user = signedIn ? await users.find(signedIn.userId) : null
  if (user?.status !== 'active' || user.stamp !== signedIn?.stamp) return null
  return user
}

/** Signs the user in with a new session id, which prevents session fixation. */
export async function beginSession(request: FastifyRequest, user: User): Promise<void> {
  await request.session.regenerate()
  request.session.set('signedIn', { userId: user.id, stamp: user.stamp })
}
