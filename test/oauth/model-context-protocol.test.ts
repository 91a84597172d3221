/** A server of the Model Context Protocol behind API tokens, called by the client of its SDK. */

import { once } from 'node:events'
import {
  discoverAuthorizationServerMetadata,
  discoverOAuthProtectedResourceMetadata,
  extractWWWAuthenticateParams,
  selectResourceURL,
} from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import apiTokens, { requireScopes } from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { ed25519Key } from '../support/keys.ts'
import { freePort } from './oauth-host.ts'

/** A host whose protected resource is `/mcp`, with one tool that says who calls. */
async function startMcpHost(t: Test) {
  const port = await freePort()
  const issuer = `http://127.0.0.1:${port}`
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(apiTokens, {
    ...{ store: memoryTokenStore(), keys: [ed25519Key()], routes: false, issuer },
    oauth: { resource: `${issuer}/mcp` },
  })
  app.post('/mcp', { onRequest: requireScopes('mcp:use') }, async (request, reply) => {
    const server = new McpServer({ name: 'example', version: '1.0.0' })
    server.registerTool('whoami', { description: 'Who calls' }, () => ({
      content: [{ type: 'text', text: request.apiToken?.userId ?? 'nobody' }],
    }))
    const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true })
    reply.hijack()
    await server.connect(transport as Transport)
    await transport.handleRequest(request.raw, reply.raw, request.body)
    if (!reply.raw.writableEnded) await once(reply.raw, 'close')
  })
  await app.listen({ port, host: '127.0.0.1' })
  return { app, issuer, url: new URL('/mcp', issuer) }
}

async function connect(t: Test, url: URL, credential?: string): Promise<Client> {
  const client = new Client({ name: 'test', version: '1.0.0' })
  t.teardown(() => client.close())
  const headers = credential === undefined ? {} : { authorization: `Bearer ${credential}` }
  // The SDK's own types are not made for `exactOptionalPropertyTypes`.
  await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }) as Transport)
  return client
}

t.test(
  'RFC 9728 §5: from a 401 the client discovers the resource, its authorization server and its scopes',
  async (t) => {
    const { issuer, url } = await startMcpHost(t)
    const refused = await fetch(url, { method: 'POST' })
    t.equal(refused.status, 401)
    const { resourceMetadataUrl, scope } = extractWWWAuthenticateParams(refused)
    t.equal(scope, 'mcp:use', 'RFC 6750 §3')
    t.equal(resourceMetadataUrl?.href, `${issuer}/.well-known/oauth-protected-resource/mcp`)
    const metadata = await discoverOAuthProtectedResourceMetadata(url, {
      ...(resourceMetadataUrl && { resourceMetadataUrl }),
    })
    t.match(metadata, { resource: url.href, authorization_servers: [issuer], scopes_supported: ['mcp:use'] })
    t.equal(
      (await selectResourceURL(url, {} as never, metadata))?.href,
      url.href,
      'it is the one that was asked',
    )
  },
)

t.test('RFC 9728 §3.1: without the challenge too, by the path of the resource', async (t) => {
  const { url } = await startMcpHost(t)
  t.match(await discoverOAuthProtectedResourceMetadata(url), { resource: url.href })
})

t.test('with an API token the client calls a tool, which knows whose token it is', async (t) => {
  const { app, url } = await startMcpHost(t)
  const { credential } = await app.apiTokens.issue({ userId: 'ada', scopes: ['mcp:use'] })
  const client = await connect(t, url, credential)
  t.same(
    (await client.listTools()).tools.map(({ name }) => name),
    ['whoami'],
  )
  t.match(await client.callTool({ name: 'whoami' }), { content: [{ type: 'text', text: 'ada' }] })
})

t.test('a request without a token, with a revoked token, or without the scope is refused', async (t) => {
  const { app, url } = await startMcpHost(t)
  const scopeless = await app.apiTokens.issue({ userId: 'ada' })
  const revoked = await app.apiTokens.issue({ userId: 'ada', scopes: ['mcp:use'] })
  await app.apiTokens.revoke(revoked.token.id)
  await t.rejects(connect(t, url), /401|Unauthorized|needs an API token/)
  await t.rejects(connect(t, url, revoked.credential), /401|Unauthorized|not active/)
  await t.rejects(connect(t, url, scopeless.credential), /403|lacks the scope/)
})

t.test(
  'the SDK requires an authorization endpoint, which RFC 8414 §2 does not: the guide says so',
  async (t) => {
    const { issuer } = await startMcpHost(t)
    await t.rejects(discoverAuthorizationServerMetadata(issuer), /authorization_endpoint/)
  },
)
