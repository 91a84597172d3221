/** A host with OAuth 2.0 endpoints on the loopback port of its issuer, and clients of every kind. */

import { createServer } from 'node:net'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK } from 'jose'
import * as oauth from 'oauth4webapi'
import type { Test } from 'tap'
import { systemClock } from '../../src/clock.ts'
import type { ApiTokensOptions, OAuthClient, OAuthOptions } from '../../src/index.ts'
import { type Host, startHost } from '../support/host.ts'
import { ed25519Key } from '../support/keys.ts'

export const SECRET = 'a secret + of: 32 characters & more'
export const BASIC: OAuthClient = { client_id: 'gate: way', client_secret: SECRET }
export const POST: OAuthClient = {
  client_id: 'poster',
  client_secret: SECRET,
  token_endpoint_auth_method: 'client_secret_post',
}
export const PUBLIC: OAuthClient = { client_id: 'cli', token_endpoint_auth_method: 'none' }

export interface OAuthHost extends Host {
  readonly issuer: string
  /** Its metadata, as a client found it. */
  readonly server: oauth.AuthorizationServer
}

/** For clients that refuse plain http, as they should. */
export const insecure = { [oauth.allowInsecureRequests]: true } as const

/** Listens, with the system's clock, unless the options say otherwise. */
export async function startOAuthHost(
  t: Test,
  { oauth: own, path = '', ...options }: ApiTokensOptions & { path?: string } = {},
): Promise<OAuthHost> {
  const port = await freePort()
  const issuer = `http://127.0.0.1:${port}${path}`
  const host = await startHost(t, {
    issuer,
    clock: systemClock,
    keys: [ed25519Key()],
    oauth: { clients: [BASIC, POST, PUBLIC], ...own },
    ...options,
  })
  await host.app.listen({ port, host: '127.0.0.1' })
  return { ...host, issuer, server: await discover(issuer) }
}

/** RFC 8414 §3, by a client that nobody here wrote. */
export async function discover(issuer: string): Promise<oauth.AuthorizationServer> {
  const url = new URL(issuer)
  const response = await oauth.discoveryRequest(url, { algorithm: 'oauth2', ...insecure })
  return oauth.processDiscoveryResponse(url, response)
}

/** A client with its own key, and that key. */
export async function keyClient(
  client_id = 'signer',
): Promise<{ client: OAuthClient; key: CryptoKey; jwk: JWK }> {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const jwk = { ...(await exportJWK(publicKey)), kid: 'client-key' }
  const client: OAuthClient = {
    client_id,
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [jwk] },
  }
  return { client, key: privateKey, jwk }
}

/** The `oauth` option with these clients alone. */
export function clients(...list: OAuthClient[]): OAuthOptions {
  return { clients: list }
}

export async function freePort(): Promise<number> {
  const probe = createServer()
  const { promise, resolve } = Promise.withResolvers<void>()
  probe.listen(0, '127.0.0.1', resolve)
  await promise
  const { port } = probe.address() as { port: number }
  await new Promise((done) => probe.close(done))
  return port
}

/** A form as the body of an injected request. */
export function form(
  url: string,
  members: Record<string, string> | string,
  headers: Record<string, string> = {},
) {
  return {
    method: 'POST' as const,
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    payload: typeof members === 'string' ? members : new URLSearchParams(members).toString(),
  }
}

/** RFC 6749 §2.3.1. */
export function basic(id: string, secret: string): { authorization: string } {
  const encode = (text: string) => encodeURIComponent(text).replaceAll('%20', '+')
  return { authorization: `Basic ${Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64')}` }
}
