/** Several instances on one PostgreSQL: the same tables, the same keys, and revocations that reach all of them. */
import Fastify from 'fastify'
import apiTokens, { verifyApiToken } from 'fastify-api-tokens'
import { postgresTokenStore } from 'fastify-api-tokens/postgres'

// A JWK Set, the same for all instances: `export API_TOKEN_KEYS="$(npx fastify-api-tokens keys generate --file -)"`.
const keys = JSON.parse(process.env.API_TOKEN_KEYS ?? '{"keys":[]}')

const app = Fastify({ logger: true })
await app.register(apiTokens, {
  // Your users sign in elsewhere: tokens are issued by code, below, and there are no management routes.
  routes: false,
  keys,
  // With several instances run `npx fastify-api-tokens migrate` before a release instead of `migrate: true`.
  store: postgresTokenStore({ connectionString: process.env.DATABASE_URL ?? '', migrate: true }),
})

app.get('/hello', { onRequest: verifyApiToken }, async (request) => ({ hello: request.apiToken?.userId }))

// The first instance issues a token for a program of yours, and prints it once.
if (process.env.ISSUE_FOR !== undefined) {
  await app.ready()
  const { credential } = await app.apiTokens.issue({ userId: process.env.ISSUE_FOR, name: 'first' })
  console.log(`export TOKEN=${credential}`)
}

// `close` writes the uses that are in memory, and ends the pool.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => app.close())

const url = await app.listen({ port: Number(process.env.PORT ?? 3000) })
console.log(`curl ${url}/hello -H "Authorization: Bearer $TOKEN"`)
