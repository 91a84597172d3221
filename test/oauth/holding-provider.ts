/** A real oidc-provider that holds tokens: with token exchange for offline refresh tokens, and users that it can lose. */

import { once } from 'node:events'
import { createServer } from 'node:http'
import { errors, Provider } from 'oidc-provider'
import type { Test } from 'tap'
import { freePort } from './oauth-host.ts'
import { providerKey } from './provider.ts'

export const CLIENT = { client_id: 'app', client_secret: 'a secret of the host at its provider' }
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const REFRESH_TOKEN = 'urn:ietf:params:oauth:token-type:refresh_token'

/** Thirty days, in seconds. */
const MONTH = 2_592_000

export interface HoldingProvider {
  readonly issuer: string
  /** An access token of the user, as a sign-in would leave one in the host's session. */
  subjectToken(user: string): Promise<string>
  /** Users whom it does not know any more. */
  readonly gone: Set<string>
  /** How often each endpoint was called. */
  readonly calls: Map<string, number>
  /** Revokes at the provider all that a user was granted. */
  revokeGrants(user: string): Promise<void>
  /** Answers in the place of the provider. */
  answer: ((path: string) => { status: number; body: string; delayMs?: number } | undefined) | undefined
  stop(): Promise<void>
  restart(): Promise<void>
}

export async function startHoldingProvider(
  t: Test,
  { rotates = false }: { rotates?: boolean } = {},
): Promise<HoldingProvider> {
  const port = await freePort()
  const issuer = `http://127.0.0.1:${port}`
  const gone = new Set<string>()
  const calls = new Map<string, number>()
  const grants = new Map<string, string[]>()
  const provider = new Provider(issuer, {
    clients: [{ ...CLIENT, grant_types: [EXCHANGE, 'refresh_token'], redirect_uris: [], response_types: [] }],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    jwks: { keys: [providerKey() as never] },
    features: { devInteractions: { enabled: false }, revocation: { enabled: true } },
    rotateRefreshToken: rotates,
    ttl: { AccessToken: 60, RefreshToken: MONTH, Grant: 12 * MONTH, IdToken: 60 },
    findAccount: async (_ctx, sub) =>
      gone.has(sub) ? undefined : { accountId: sub, claims: async () => ({ sub }) },
  })
  const grantFor = async (accountId: string) => {
    const grant = new provider.Grant({ accountId, clientId: CLIENT.client_id })
    grant.addOIDCScope('openid offline_access')
    const id = await grant.save()
    grants.set(accountId, [...(grants.get(accountId) ?? []), id])
    return id
  }
  provider.registerGrantType(
    EXCHANGE,
    async (ctx) => {
      const { subject_token: given, requested_token_type: wanted } = ctx.oidc.params as Record<string, string>
      const subject = given === undefined ? undefined : await provider.AccessToken.find(given)
      if (subject === undefined || gone.has(subject.accountId)) throw new errors.InvalidGrant('subject_token')
      if (wanted !== REFRESH_TOKEN || ctx.oidc.client === undefined)
        throw new errors.InvalidRequest('requested_token_type')
      const held = new provider.RefreshToken({
        ...{ accountId: subject.accountId, client: ctx.oidc.client, scope: 'openid offline_access' },
        ...{ grantId: await grantFor(subject.accountId), gty: 'token-exchange' },
      } as never)
      ctx.body = { access_token: await held.save(), issued_token_type: REFRESH_TOKEN, token_type: 'N_A' }
    },
    ['subject_token', 'subject_token_type', 'requested_token_type', 'scope'],
  )
  const callback = provider.callback()
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '', issuer)
    calls.set(pathname, (calls.get(pathname) ?? 0) + 1)
    response.setHeader('connection', 'close')
    const other = holding.answer?.(pathname)
    if (other === undefined) return void callback(request, response)
    const { status, body, delayMs = 0 } = other
    setTimeout(() => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(body)
    }, delayMs).unref()
  })
  const listen = async () => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  }
  const stop = async () => {
    if (!server.listening) return
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
  t.teardown(stop)
  const holding: HoldingProvider = {
    ...{ issuer, gone, calls, answer: undefined, stop, restart: listen },
    subjectToken: async (user) => {
      const client = await provider.Client.find(CLIENT.client_id)
      if (client === undefined) throw new Error('the client is not there')
      const fields = { accountId: user, client, scope: 'openid', grantId: await grantFor(user) }
      return new provider.AccessToken({ ...fields, gty: 'authorization_code' } as never).save()
    },
    revokeGrants: async (user) => {
      for (const id of grants.get(user) ?? []) await (await provider.Grant.find(id))?.destroy()
    },
  }
  await listen()
  return holding
}
