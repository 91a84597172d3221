/** Alternatives to the plugin: no check, a hook by hand, @fastify/bearer-auth and @fastify/jwt. */

import { randomBytes, randomUUID } from 'node:crypto'
import bearerAuth from '@fastify/bearer-auth'
import fastifyJwt from '@fastify/jwt'
import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import { LRUCache } from 'lru-cache'
import { addRoute, eachCredential, host, type Variant } from './variant.ts'

/** No check at all, the upper limit. */
export const bare: Variant = {
  name: 'bare',
  title: 'bare Fastify',
  answers: 200,
  start: async () => {
    const app = host()
    addRoute(app)
    return { app, credentials: eachCredential(randomCredential) }
  },
}

/** The fastest hook by hand: a synchronous lookup in an LRU of raw tokens. It stores tokens in plaintext. */
export const byHand: Variant = {
  name: 'by-hand',
  title: 'a hook by hand: LRU of raw tokens',
  answers: 200,
  start: async () => {
    const credentials = eachCredential(randomCredential)
    const database = new Map(credentials.map((credential) => [credential, randomUUID()]))
    const app = host()
    app.decorateRequest('benchUser', null)
    addRoute(
      app,
      handWrittenHook(async (credential) => database.get(credential) ?? null),
    )
    return { app, credentials }
  },
}

export const bearerOne: Variant = {
  name: 'bearer-one',
  title: '@fastify/bearer-auth, one key',
  answers: 200,
  start: async () => startBearerAuth([randomCredential()]),
}

export const bearerMany: Variant = {
  name: 'bearer-many',
  title: '@fastify/bearer-auth, 500 keys',
  answers: 200,
  start: async () => startBearerAuth(eachCredential(randomCredential)),
}

export const jwt: Variant = {
  name: 'jwt',
  title: '@fastify/jwt HS256',
  answers: 200,
  start: async () => startJwt(false),
}

export const jwtCached: Variant = {
  name: 'jwt-cached',
  title: '@fastify/jwt HS256 with its cache',
  answers: 200,
  start: async () => startJwt(true),
}

/** 300 characters, about the length of the plugin's credentials. */
function randomCredential(): string {
  return randomBytes(225).toString('base64url')
}

interface KnownUser {
  readonly userId: string
  readonly until: number
}

declare module 'fastify' {
  interface FastifyRequest {
    benchUser: KnownUser | null
  }
}

function handWrittenHook(findUser: (credential: string) => Promise<string | null>) {
  const known = new LRUCache<string, KnownUser>({ max: 10_000 })
  const refused = () => Object.assign(new Error('Unauthorized'), { statusCode: 401 })
  return (request: FastifyRequest, _reply: FastifyReply, done: HookHandlerDoneFunction) => {
    const header = request.headers.authorization
    if (header === undefined || !header.startsWith('Bearer ')) return done(refused())
    const credential = header.slice(7)
    const user = known.get(credential)
    if (user !== undefined && Date.now() < user.until) {
      request.benchUser = user
      return done()
    }
    findUser(credential).then((userId) => {
      if (userId === null) return done(refused())
      known.set(credential, { userId, until: Date.now() + 60_000 })
      done()
    }, done)
  }
}

async function startBearerAuth(keys: readonly string[]) {
  const app = host()
  await app.register(bearerAuth, { keys: new Set(keys), addHook: false })
  if (app.verifyBearerAuth === undefined) throw new Error('@fastify/bearer-auth has no hook')
  addRoute(app, app.verifyBearerAuth)
  const credentials = eachCredential((index) => keys[index % keys.length] ?? '')
  return { app, credentials }
}

async function startJwt(cache: boolean) {
  const app = host()
  await app.register(fastifyJwt, { secret: randomBytes(32), verify: { cache } })
  addRoute(app, async (request: FastifyRequest) => {
    await request.jwtVerify()
  })
  const credentials = eachCredential((index) =>
    app.jwt.sign({
      iss: 'fastify-api-tokens',
      aud: 'fastify-api-tokens',
      sub: `user-${index}`,
      jti: randomUUID(),
      scope: 'chat:write models:read',
    }),
  )
  return { app, credentials }
}
