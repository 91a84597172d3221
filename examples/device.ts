/** A program on a command line gets a token without a password: its user approves a code in the browser (RFC 8628). */
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

const port = Number(process.env.PORT ?? 3000)
const issuer = `http://localhost:${port}`
const app = Fastify()
await app.register(cookie)
await app.register(session, { secret: randomBytes(32).toString('hex'), cookie: { secure: false } })

// In your application: a sign-in that checks a password.
app.get('/sign-in', async (request, reply) => {
  await request.session.regenerate()
  request.session.user = { id: 'ada' }
  return reply.send('You are signed in. Go back to the page that asks for the code.')
})

await app.register(apiTokens, {
  authenticateUser: (request) => request.session.user ?? null,
  issuer,
  scopes: { 'models:read': 'List the models' },
  oauth: {
    device: { signInUrl: '/sign-in' },
    clients: [
      {
        client_id: 'acme-cli',
        client_name: 'Acme on the command line',
        token_endpoint_auth_method: 'none',
        grant_types: ['urn:ietf:params:oauth:grant-type:device_code'],
      },
    ],
  },
})

app.get('/models', { onRequest: requireScopes('models:read') }, async () => ['small', 'large'])

await app.listen({ port })
console.log(`curl ${issuer}/oauth2/device_authorization -d client_id=acme-cli -d scope=models:read
# open verification_uri_complete in a browser, sign in, approve; then ask with the device_code
curl ${issuer}/oauth2/token -d client_id=acme-cli -d device_code=$CODE \\
  -d grant_type=urn:ietf:params:oauth:grant-type:device_code
curl ${issuer}/models -H "Authorization: Bearer $TOKEN"`)
