/** Identity providers on loopback: a real one, and one that answers as badly as a test wants. */

import { generateKeyPairSync, type JsonWebKey, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { importJWK, SignJWT } from 'jose'
import { Provider } from 'oidc-provider'
import * as openid from 'openid-client'
import type { Test } from 'tap'
import { freePort } from './oauth-host.ts'

export const AUDIENCE = 'https://api.example.com'
const CLIENT = { client_id: 'ada-app', client_secret: 'a secret of the provider that nobody knows' }

export type ProviderKey = JsonWebKey & { kid: string }

export interface RealProvider {
  readonly issuer: string
  /** An access token (RFC 9068) for `AUDIENCE`, got by the client credentials grant: its `sub` is `ada-app`. */
  accessToken(): Promise<string>
  close(): Promise<void>
}

export function providerKey(): ProviderKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), alg: 'ES256', use: 'sig' }
}

/** oidc-provider with one key; start it again at its port with another key, and its keys have rotated. */
export async function startProvider(
  t: Test,
  { key = providerKey(), port }: { key?: ProviderKey; port?: number } = {},
): Promise<RealProvider> {
  const at = port ?? (await freePort())
  const issuer = `http://127.0.0.1:${at}`
  const resourceServer = {
    ...{ scope: 'api', audience: AUDIENCE, accessTokenTTL: 300, accessTokenFormat: 'jwt' as const },
    jwt: { sign: { alg: 'ES256' as const } },
  }
  const provider = new Provider(issuer, {
    clients: [{ ...CLIENT, grant_types: ['client_credentials'], redirect_uris: [], response_types: [] }],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    // The provider reads the request that Node.js parsed.
    jwks: { keys: [key as never] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        ...{ enabled: true, defaultResource: () => AUDIENCE, useGrantedResource: () => true },
        getResourceServerInfo: () => resourceServer,
      },
    },
  })
  const answer = provider.callback()
  const server = createServer((request, response) => {
    // A connection from before the restart of the provider is closed.
    response.setHeader('connection', 'close')
    void answer(request, response)
  })
  await listen(t, server, at)
  return {
    issuer,
    async accessToken() {
      const { client_id, client_secret } = CLIENT
      const config = await openid.discovery(new URL(issuer), client_id, client_secret, undefined, {
        execute: [openid.allowInsecureRequests],
      })
      return (await openid.clientCredentialsGrant(config, { resource: AUDIENCE })).access_token
    },
    close: () => stop(server),
  }
}

export interface FaultyProvider {
  readonly issuer: string
  /** Answers a path in place of the provider; `undefined` leaves it alone. */
  answer: (path: string, response: ServerResponse, request: IncomingMessage) => boolean
  /** How often each path was asked for. */
  readonly asked: Map<string, number>
  keys: ProviderKey[]
  /** A JWT of the provider; members that are `undefined` are left out. */
  sign(claims?: Record<string, unknown>, header?: Record<string, unknown>, key?: ProviderKey): Promise<string>
  close(): Promise<void>
}

/** Metadata and keys, and tokens with any claims. */
export async function startFaultyProvider(t: Test, path = ''): Promise<FaultyProvider> {
  const port = await freePort()
  const issuer = `http://127.0.0.1:${port}${path}`
  const asked = new Map<string, number>()
  const server = createServer((request, response) => {
    const { url = '' } = request
    asked.set(url, (asked.get(url) ?? 0) + 1)
    if (provider.answer(url, response, request)) return
    if (url === `${path}/.well-known/openid-configuration`)
      json(response, { issuer, jwks_uri: `${issuer}/jwks` })
    else if (url === `${path}/jwks`) json(response, { keys: provider.keys.map(({ d: _, ...key }) => key) })
    else response.writeHead(404).end()
  })
  await listen(t, server, port)
  const provider: FaultyProvider = {
    ...{ issuer, asked, answer: () => false, keys: [providerKey()] },
    async sign(claims = {}, header = {}, key = provider.keys[0]) {
      if (key === undefined) throw new Error('there is no key')
      const now = Math.floor(Date.now() / 1000)
      const all = { iss: issuer, aud: AUDIENCE, sub: 'ada', exp: now + 300, iat: now, ...claims }
      return new SignJWT(all)
        .setProtectedHeader({ alg: 'ES256', kid: key.kid, typ: 'at+jwt', ...header })
        .sign(await importJWK({ ...key }, 'ES256'))
    },
    close: () => stop(server),
  }
  return provider
}

export function json(response: ServerResponse, body: unknown): boolean {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(body))
  return true
}

async function listen(t: Test, server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => stop(server))
}

async function stop(server: Server): Promise<void> {
  if (!server.listening) return
  server.close()
  server.closeAllConnections()
  await once(server, 'close')
}
