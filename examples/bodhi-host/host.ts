/** Builds the host: users sign in and generate API tokens, programs call the model with them. */
import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import helmet from '@fastify/helmet'
import Fastify, { type FastifyInstance } from 'fastify'
import apiTokens, { jwksFile } from 'fastify-api-tokens'
import { redisPubSub } from 'fastify-api-tokens/redis'
import { addApiDocs } from './api-docs.ts'
import { openDatabase } from './database/database.ts'
import { startIdentityProvider } from './identity-provider/identity-provider.ts'
import { listenFault } from './listen-fault.ts'
import { oauthOf } from './oauth.ts'
import { builtInModel } from './openai/built-in-model.ts'
import { openAiRoutes } from './openai/openai-routes.ts'
import { upstream } from './openai/upstream.ts'
import { administrationPage } from './pages/administration-page.ts'
import { assets } from './pages/assets.ts'
import { settingsPage } from './pages/settings-page.ts'
import { usersPage } from './pages/users-page.ts'
import type { Settings } from './settings.ts'
import { sessionSecret } from './sign-in/session-secret.ts'
import { addSessions, signedInUser } from './sign-in/sessions.ts'
import { addSignIn, CALLBACK_PATH, type SignInOptions } from './sign-in/sign-in.ts'
import { demoOrganizations, ownersOf, ownerTypes } from './users/organizations.ts'
import { roleOfDemoUser, roleOfSubject, scopeCatalogue, scopesOf } from './users/roles.ts'
import { userRoutes } from './users/user-routes.ts'
import { UserDirectory } from './users/users.ts'

export interface Host {
  readonly app: FastifyInstance
  /** The origin for browsers, final once the host listens. */
  readonly origin: () => string
  /** The sign-in URL; `null` in the non-authenticated mode. */
  readonly issuer: string | null
}

const TOKENS_PATH = '/bodhi/v1/tokens'
const ADMIN_PATH = '/bodhi/v1/admin/tokens'

/** Builds the host and listens. */
export async function startHost(settings: Settings): Promise<Host> {
  const host = await buildHost(settings)
  try {
    await host.app.listen({ port: settings.port, host: settings.host })
  } catch (error) {
    await host.app.close()
    throw listenFault(error, { portVariable: 'PORT', port: settings.port, host: settings.host })
  }
  return host
}

/** Builds the host, and starts the built-in identity provider if no other one is configured. */
export async function buildHost(settings: Settings): Promise<Host> {
  const app = Fastify({
    logger: { level: settings.logLevel },
    // No coercion: OpenAI clients send the right types.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
    // An https origin means that a proxy on this machine terminates TLS and sets the forwarded headers.
    trustProxy: settings.origin?.startsWith('https:') ? 'loopback' : false,
  })
  let issuer: string | null = null
  const origin = () => settings.origin ?? `http://localhost:${portOf(app) ?? settings.port}`

  try {
    await addPageHeaders(app)
    await addApiDocs(app)
    if (settings.authentication === 'none') await addOpenAccess(app)
    else issuer = await addPeople(app, settings, origin)

    const backend = settings.upstream ? upstream(settings.upstream) : builtInModel(settings)
    await app.register(openAiRoutes, { prefix: '/v1', backend })
    await app.register(assets, { prefix: '/assets' })
    app.get('/', { schema: { hide: true } }, async (_, reply) => reply.redirect('/settings/api-tokens'))
    await app.ready()
  } catch (error) {
    await app.close()
    throw error
  }
  return { app, origin, issuer }
}

/** The non-authenticated mode: no users, no provider and no tokens. The API is open. */
async function addOpenAccess(app: FastifyInstance): Promise<void> {
  await app.register(apiTokens, { authentication: 'none', routes: { prefix: TOKENS_PATH } })
  await app.register(settingsPage, { users: null, tokensPath: TOKENS_PATH })
  app.get('/bodhi/v1/user', { schema: { hide: true } }, async () => ({ authentication: 'none' }))
}

/** Returns the sign-in URL. */
async function addPeople(app: FastifyInstance, settings: Settings, origin: () => string): Promise<string> {
  mkdirSync(settings.dataDir, { recursive: true, mode: 0o700 })
  const { db, tokenStore, close } = await openDatabase(settings.database)
  // Registered first, so that it runs last: `onClose` hooks run in reverse order, and the plugin still writes usage.
  app.addHook('onClose', close)
  const users = new UserDirectory(db)

  await addSessions(app, {
    db,
    secret: settings.sessionSecret ?? sessionSecret(settings.dataDir),
    secure: origin().startsWith('https:'),
  })

  const provider = await providerOf(app, settings, origin)
  const organizations = settings.provider ? [] : demoOrganizations
  await app.register(apiTokens, {
    ownerTypes,
    // Tokens are managed only by the user of the session.
    authenticateUser: async (request) => {
      const user = await signedInUser(request, users)
      return (
        user && {
          id: user.id,
          scopes: scopesOf(user.role),
          owners: ownersOf(user.id, organizations),
        }
      )
    },
    // Deactivated and deleted users, and users who lost scopes, affect their tokens.
    findUser: async (userId) => {
      const organization = organizations.find(({ id }) => id === userId)
      if (organization !== undefined) return { active: true, scopes: [...organization.scopes] }
      const user = await users.find(userId)
      return user && { active: user.status === 'active', scopes: scopesOf(user.role) }
    },
    store: tokenStore,
    // Instances that share a database must also share the keys of this file.
    keys: jwksFile(join(settings.dataDir, 'api-tokens.jwks.json')),
    // Revocations are published through Redis if it is configured, otherwise through the database.
    ...(settings.redisUrl === null
      ? {}
      : { invalidation: { pubsub: redisPubSub({ url: settings.redisUrl }) } }),
    ...oauthOf(settings, provider, users),
    realm: 'bodhi-host',
    tokenPrefix: 'bodhi_',
    scopes: scopeCatalogue,
    routes: { prefix: TOKENS_PATH },
    // Only in the session of an administrator.
    admin: {
      prefix: ADMIN_PATH,
      authenticate: async (request) => {
        const user = await signedInUser(request, users)
        return user?.role === 'administrator' ? { id: user.id } : null
      },
    },
  })

  await addSignIn(app, {
    ...provider,
    users,
    origin,
    // The tokens of a removed user stay revoked. A user who returns may generate new ones.
    onNewUser: (user) => app.apiTokens.reactivateUser(user.id),
  })
  await app.register(userRoutes, { prefix: '/bodhi/v1', users, organizations })
  await app.register(settingsPage, { users, tokensPath: TOKENS_PATH })
  await app.register(usersPage, { users })
  await app.register(administrationPage, { users, adminPath: ADMIN_PATH })
  return provider.issuer
}

type ProviderOptions = Pick<SignInOptions, 'issuer' | 'clientId' | 'clientSecret' | 'providerName' | 'roleOf'>

async function providerOf(
  app: FastifyInstance,
  settings: Settings,
  origin: () => string,
): Promise<ProviderOptions> {
  if (settings.provider) {
    const roleOf = (subject: string) => roleOfSubject(subject, settings.administrators)
    return { ...settings.provider, providerName: settings.provider.issuer, roleOf }
  }

  const client = { clientId: 'bodhi-host', clientSecret: randomBytes(32).toString('base64url') }
  const provider = await startIdentityProvider({
    ...client,
    port: settings.providerPort,
    redirectUri: () => `${origin()}${CALLBACK_PATH}`,
  })
  app.addHook('onClose', () => provider.close())
  return { ...client, issuer: provider.issuer, providerName: 'built-in', roleOf: roleOfDemoUser }
}

/** The Content Security Policy of the pages: only the host's own scripts. */
async function addPageHeaders(app: FastifyInstance): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'none'"],
        'script-src': ["'self'"],
        'style-src': ["'self'"],
        'img-src': ["'self'", 'data:'],
        'connect-src': ["'self'"],
        'form-action': ["'self'"],
        'base-uri': ["'none'"],
        'frame-ancestors': ["'none'"],
      },
    },
    // With the policy `no-referrer`, older browsers send forms with `Origin: null`.
    referrerPolicy: { policy: 'same-origin' },
    // HSTS is left to the proxy that terminates TLS: on localhost it would affect every other project too.
    strictTransportSecurity: false,
  })
}

function portOf(app: FastifyInstance): number | null {
  const address = app.server.address() as AddressInfo | string | null // net's own type
  return address !== null && typeof address === 'object' ? address.port : null
}
