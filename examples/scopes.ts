/** Scopes: what a user may grant, what a route requires, and a route that takes a session as well as a token. */
import { randomBytes } from 'node:crypto'
import cookie from '@fastify/cookie'
import session from '@fastify/session'
import Fastify, { type FastifyRequest } from 'fastify'
import apiTokens, { requireAnyScope, requireScopes, verifyApiTokenOr } from 'fastify-api-tokens'

declare module 'fastify' {
  interface Session {
    user?: { id: string }
  }
}

const app = Fastify()
await app.register(cookie)
await app.register(session, { secret: randomBytes(32).toString('hex'), cookie: { secure: false } })

// In your application: a sign-in that checks a password.
app.post('/sign-in', async (request) => {
  await request.session.regenerate()
  request.session.user = { id: 'ada' }
  return request.session.user
})

await app.register(apiTokens, {
  // The scopes are those that this user may grant to a token.
  authenticateUser: ({ session: { user } }) =>
    user && { id: user.id, scopes: ['reports:read', 'reports:write'] },
  scopes: {
    'reports:read': 'Read reports',
    'reports:write': 'Write reports',
    'reports:admin': 'Delete reports',
  },
})

async function requireSession(request: FastifyRequest) {
  if (request.session.user === undefined) throw Object.assign(new Error('Sign in'), { statusCode: 401 })
}

/** The user of the request, by whichever of the two it came. */
const userOf = (request: FastifyRequest) => request.apiToken?.userId ?? request.session.user?.id

app.get('/reports', { onRequest: requireAnyScope('reports:read', 'reports:write') }, async () => ['2026'])
app.put('/reports/:year', { onRequest: requireScopes('reports:write') }, async () => ({ written: true }))
app.delete('/reports/:year', { onRequest: requireScopes('reports:admin') }, async () => ({ deleted: true }))
app.get('/me', { onRequest: verifyApiTokenOr(requireSession, 'reports:read') }, async (request) => ({
  user: userOf(request),
}))

const url = await app.listen({ port: Number(process.env.PORT ?? 3000) })
console.log(`export URL=${url}
curl -c jar $URL/sign-in -X POST
curl -b jar $URL/tokens --json '{"scopes":["reports:write"]}'   # put the token into TOKEN
curl $URL/reports -H "Authorization: Bearer $TOKEN"`)
