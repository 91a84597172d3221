/** Cookie sessions, kept in memory: a restart signs everybody out, and leaves every API token working. */
import cookie from '@fastify/cookie'
import session, { type FastifySessionOptions } from '@fastify/session'
import type { FastifyInstance, FastifyRequest, Session } from 'fastify'
import { LRUCache } from 'lru-cache'
import type { User, UserDirectory } from '../users/users.ts'

declare module 'fastify' {
  interface Session {
    signedIn?: { readonly userId: string; readonly stamp: string }
  }
}

type SessionStore = NonNullable<FastifySessionOptions['store']>

export const SESSION_COOKIE = 'bodhi_session'

const LIFETIME_MS = 8 * 60 * 60 * 1000
const MOST_SESSIONS = 10_000

export interface SessionOptions {
  readonly secret: string
  /** Whether browsers reach the host by https. */
  readonly secure: boolean
}

/** Adds cookies and sessions to the host. */
export async function addSessions(app: FastifyInstance, { secret, secure }: SessionOptions): Promise<void> {
  await app.register(cookie)
  await app.register(session, {
    secret,
    cookieName: SESSION_COOKIE,
    cookie: { httpOnly: true, sameSite: 'lax', secure, path: '/', maxAge: LIFETIME_MS },
    store: sessionsInMemory(),
    saveUninitialized: false,
    // Rolling sessions are saved with every answer: one in flight during a sign-out would bring its session back.
    rolling: false,
  })
}

/** The user behind a request's session, if there is one whom the directory still lets in. */
export function signedInUser(request: FastifyRequest, users: UserDirectory): User | null {
  const signedIn = request.session.signedIn
  const user = signedIn ? users.find(signedIn.userId) : null
  if (user?.status !== 'active' || user.stamp !== signedIn?.stamp) return null
  return user
}

/** Signs the user in, under a session id that nobody can have known before. */
export async function beginSession(request: FastifyRequest, user: User): Promise<void> {
  await request.session.regenerate()
  request.session.set('signedIn', { userId: user.id, stamp: user.stamp })
}

/** Keeps sessions as JSON, so that none holds on to the request that began it. */
function sessionsInMemory(): SessionStore {
  const sessions = new LRUCache<string, string>({ max: MOST_SESSIONS, ttl: LIFETIME_MS })
  return {
    get(id, done) {
      const stored = sessions.get(id)
      done(null, stored === undefined ? null : (JSON.parse(stored) as Session)) // written below, by set
    },
    set(id, value, done) {
      sessions.set(id, JSON.stringify(value))
      done()
    },
    destroy(id, done) {
      sessions.delete(id)
      done()
    },
  }
}
