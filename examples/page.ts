/** The page on which users manage their tokens, behind a session, with a sign-in form beside it. */
import { randomBytes } from 'node:crypto'
import cookie from '@fastify/cookie'
import formbody from '@fastify/formbody'
import session from '@fastify/session'
import Fastify from 'fastify'
import apiTokens, { verifyApiToken } from 'fastify-api-tokens'
import { apiTokensPage } from 'fastify-api-tokens/ui'

declare module 'fastify' {
  interface Session {
    user?: { id: string }
  }
}

const password = randomBytes(9).toString('base64url')
const app = Fastify()
await app.register(formbody)
await app.register(cookie)
await app.register(session, { secret: randomBytes(32).toString('hex'), cookie: { secure: false } })

const form = `<!doctype html><title>Sign in</title>
<form method="post"><label>Password <input name="password" type="password"></label><button>Sign in</button></form>`
app.get('/sign-in', (_request, reply) => reply.type('text/html').send(form))
app.post<{ Body: { password?: string } }>('/sign-in', async (request, reply) => {
  if (request.body.password !== password) return reply.code(401).type('text/html').send(form)
  await request.session.regenerate()
  request.session.user = { id: 'me' }
  return reply.redirect('/settings/api-tokens', 303)
})

await app.register(apiTokens, { authenticateUser: (request) => request.session.user ?? null })
await app.register(apiTokensPage, {
  prefix: '/settings/api-tokens',
  tokensPath: '/tokens',
  signInUrl: '/sign-in',
  curlUrl: '/hello',
})

app.get('/hello', { onRequest: verifyApiToken }, async (request) => ({ hello: request.apiToken?.userId }))

const url = await app.listen({ port: Number(process.env.PORT ?? 3000) })
console.log(`Open ${url}/sign-in and sign in with the password ${password}`)
