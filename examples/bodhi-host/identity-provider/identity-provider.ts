/** A real OpenID provider on loopback, so that the example works without an account elsewhere. */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ClientMetadata, errors, Provider } from 'oidc-provider'
import { listenFault } from '../listen-fault.ts'
import { demoUser } from './demo-users.ts'
import { loginPage, loginPagePolicy, providerErrorPage } from './login-page.ts'
import { providerMemory } from './provider-memory.ts'

export interface IdentityProvider {
  readonly issuer: string
  close(): Promise<void>
}

export interface IdentityProviderOptions {
  /** 0 means any free port. */
  readonly port: number
  readonly clientId: string
  readonly clientSecret: string
  /** Returns the redirect URI; called at each sign-in. */
  readonly redirectUri: () => string
}

/** A CI job of Grace. It gets access tokens for the host without a browser. */
export const CI_CLIENT = {
  id: 'grace-ci',
  secret: 'a demo secret that works only on this machine',
  owner: 'grace',
}

type ProviderContext = Parameters<Parameters<Provider['use']>[0]>[0]

const HOUR = 3600
const LONGEST_FORM = 1_000

/** Starts the provider. Its keys, sessions and grants are in memory only. */
export async function startIdentityProvider(options: IdentityProviderOptions): Promise<IdentityProvider> {
  const server = createServer()
  // 127.0.0.1, while the host is at localhost: cookies ignore ports, but these two names have separate cookies.
  const host = '127.0.0.1'
  server.listen(options.port, host)
  await once(server, 'listening').catch((error: unknown) => {
    throw listenFault(error, { portVariable: 'OIDC_PORT', port: options.port, host })
  })

  const { port } = server.address() as AddressInfo // a listening TCP server has one
  const issuer = `http://${host}:${port}`
  server.on('request', openIdProvider(issuer, options).callback())

  return {
    issuer,
    async close() {
      server.close()
      server.closeAllConnections()
      if (server.listening) await once(server, 'close')
    },
  }
}

function openIdProvider(issuer: string, options: IdentityProviderOptions): Provider {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const client = (): ClientMetadata => ({
    client_id: options.clientId,
    client_secret: options.clientSecret,
    client_name: 'Bodhi host',
    redirect_uris: [options.redirectUri()],
    id_token_signed_response_alg: 'ES256',
  })

  const job: ClientMetadata = {
    client_id: CI_CLIENT.id,
    client_secret: CI_CLIENT.secret,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
  }
  const host = () => new URL(options.redirectUri()).origin

  const provider = new Provider(issuer, {
    adapter: providerMemory((id) =>
      id === options.clientId ? client() : id === CI_CLIENT.id ? job : undefined,
    ),
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256' }] },
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
    conformIdTokenClaims: true,
    pkce: { required: () => true },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      clientCredentials: { enabled: true },
      // RFC 8707: access tokens for the host are JWTs with its audience (RFC 9068).
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo(_, resource) {
          if (resource !== host()) throw new errors.InvalidTarget()
          return {
            scope: '',
            audience: resource,
            accessTokenTTL: 300,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: 'ES256' } },
          }
        },
      },
    },
    ttl: {
      AccessToken: 300,
      AuthorizationCode: 60,
      Grant: HOUR,
      IdToken: 300,
      Interaction: HOUR,
      Session: HOUR,
    },
    clientBasedCORS: () => false,
    interactions: { url: (_, interaction) => `/login/${interaction.uid}` },
    findAccount: (_, subject) => {
      const user = demoUser(subject)
      if (!user) return undefined
      const claims = { sub: subject, name: user.name, email: user.email, email_verified: true }
      return { accountId: subject, claims: () => claims }
    },
    // The host is this provider's own application, so users need not consent.
    async loadExistingGrant(ctx) {
      const accountId = ctx.oidc.session?.accountId
      if (!accountId) return undefined
      const grant = new ctx.oidc.provider.Grant({ accountId, clientId: options.clientId })
      grant.addOIDCScope('openid profile email')
      await grant.save()
      return grant
    },
    renderError(ctx, out) {
      ctx.type = 'html'
      ctx.body = providerErrorPage(out.error_description ?? out.error)
    },
  })

  provider.use(async (ctx, next) => {
    ctx.set('content-security-policy', loginPagePolicy(new URL(options.redirectUri()).origin))
    ctx.set('x-content-type-options', 'nosniff')
    if (/^\/login\/[\w-]+$/.test(ctx.path)) await login(provider, ctx)
    else await next()
  })
  return provider
}

async function login(provider: Provider, ctx: ProviderContext): Promise<void> {
  ctx.set('cache-control', 'no-store')
  const asked = await provider.interactionDetails(ctx.req, ctx.res).catch(() => null)
  if (!asked || ctx.path !== `/login/${asked.uid}`) {
    ctx.status = 400
    ctx.type = 'html'
    ctx.body = providerErrorPage(
      'This sign-in has expired or was started in another browser. Please start again.',
    )
    return
  }

  const user = ctx.method === 'POST' ? demoUser((await readForm(ctx.req)).get('subject') ?? '') : undefined
  if (!user) {
    ctx.status = ctx.method === 'POST' ? 400 : 200
    ctx.type = 'html'
    ctx.body = loginPage(ctx.path)
    return
  }

  // The provider writes to the raw response: Koa must not respond a second time.
  ctx.respond = false
  await provider.interactionFinished(ctx.req, ctx.res, { login: { accountId: user.subject } })
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let form = ''
  for await (const chunk of request.setEncoding('utf8')) {
    form += chunk
    if (form.length > LONGEST_FORM) break
  }
  return new URLSearchParams(form)
}
