/** The shortest complete host: one person signs in, generates a token, and a program calls `/hello` with it. */
import { randomBytes } from 'node:crypto'
import cookie from '@fastify/cookie'
import session from '@fastify/session'
import Fastify from 'fastify'
import apiTokens, { requireScopes } from 'fastify-api-tokens'

declare module 'fastify' {
  interface Session {
    user?: { id: string }
  }
}

const password = randomBytes(9).toString('base64url')
const app = Fastify()
await app.register(cookie)
await app.register(session, { secret: randomBytes(32).toString('hex'), cookie: { secure: false } })

app.post<{ Body: { password?: string } | null }>('/sign-in', async (request, reply) => {
  if (request.body?.password !== password) return reply.code(401).send({ message: 'Wrong password' })
  await request.session.regenerate()
  request.session.user = { id: 'me' }
  return { signed_in_as: 'me' }
})

await app.register(apiTokens, { authenticateUser: (request) => request.session.user ?? null })

app.get('/hello', { preHandler: requireScopes('hello:read') }, async (request) => ({
  hello: request.apiToken?.userId,
}))

const url = await app.listen({ port: Number(process.env.PORT ?? 3000) })
console.log(`export URL=${url}
curl -c jar $URL/sign-in --json '{"password":"${password}"}'
curl -b jar $URL/tokens --json '{"scopes":["hello:read"]}'   # answers with the token: put it into TOKEN
curl $URL/hello -H "Authorization: Bearer $TOKEN"`)
