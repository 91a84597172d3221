/** A host with the API Tokens page, listening on loopback, and people who open it in browsers of their own. */

import type { FastifyInstance } from 'fastify'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import type { Test } from 'tap'
import type { ApiTokensOptions } from '../../src/index.ts'
import type { ManualClock } from '../../src/testing/index.ts'
import { type ApiTokensPageOptions, apiTokensPage, type PageContent } from '../../src/ui/index.ts'
import { defaultLayout } from '../../src/ui/layout.ts'
import { startHost } from '../support/host.ts'
import { freshContext } from './chromium.ts'

export const PAGE = '/settings/api-tokens'

export interface PageHost {
  readonly app: FastifyInstance
  readonly clock: ManualClock
  readonly origin: string
  /** Issues a token as the page would, without it. */
  issue(user: string, token?: Record<string, unknown>): Promise<{ id: string; token: string }>
  /** Calls the host with a credential, as a program does. */
  call(credential: string): Promise<number>
}

export interface PageHostOptions {
  readonly tokens?: ApiTokensOptions
  readonly page?: ApiTokensPageOptions
  /** The direction of the document around the element. Default: that of the page's language. */
  readonly dir?: 'ltr' | 'rtl'
  readonly addRoutes?: (app: FastifyInstance) => void
  /** Default: a free one. */
  readonly port?: number
}

export async function startPageHost(t: Test, options: PageHostOptions = {}): Promise<PageHost> {
  const { app, clock } = await startHost(
    t,
    {
      authenticateUser: ({ headers }) => {
        const id = /(?:^|; )user=(\w+)/.exec(headers.cookie ?? '')?.[1]
        return id === undefined ? null : { id }
      },
      scopes: { 'models:read': 'List the models', 'chat:write': 'Chat with a model' },
      ...options.tokens,
    },
    (app) => {
      // Chromium opens connections ahead, on which nothing is ever asked: close() would wait a minute for them.
      app.addHook('preClose', async () => app.server.closeAllConnections())
      const { dir } = options
      const layout = dir && ((content: PageContent) => defaultLayout({ ...content, dir }))
      app.register(apiTokensPage, { prefix: PAGE, signInUrl: '/sign-in', layout, ...options.page })
      options.addRoutes?.(app)
    },
  )
  const origin = await app.listen({ host: '127.0.0.1', port: options.port ?? 0 })
  return {
    app,
    clock,
    origin,
    issue: async (user, payload = {}) => {
      const response = await app.inject({
        method: 'POST',
        url: '/tokens',
        headers: { cookie: `user=${user}` },
        payload,
      })
      if (response.statusCode !== 201) throw new Error(`not issued: ${response.body}`)
      return response.json()
    },
    call: async (credential) => {
      const response = await fetch(`${origin}/protected`, {
        headers: { authorization: `Bearer ${credential}` },
      })
      return response.status
    },
  }
}

/** Opens the page as somebody, at the host's time. */
export async function openAs(
  t: Test,
  browser: Browser,
  host: PageHost,
  user: string | null,
  { path = PAGE, ...options }: Parameters<Browser['newContext']>[0] & { path?: string } = {},
): Promise<Page> {
  const context = await freshContext(t, browser, options)
  if (user !== null) await signIn(context, host, user)
  return openIn(context, host, path)
}

export async function openIn(context: BrowserContext, host: PageHost, path = PAGE): Promise<Page> {
  const page = await context.newPage()
  await page.clock.setFixedTime(host.clock.now())
  await page.goto(host.origin + path)
  return page
}

export async function signIn(context: BrowserContext, host: PageHost, user: string): Promise<void> {
  await context.addCookies([{ name: 'user', value: user, url: host.origin }])
}

/** A token of each kind: going idle, revoked, expired, disabled, new and without a name. */
export async function furnish(host: PageHost): Promise<void> {
  const issue = (token: object) => host.issue('ada', { ...token })
  await issue({ name: 'sleepy', description: 'Nobody calls with it', scopes: ['models:read', 'chat:write'] })
  const { id } = await issue({ name: 'gone' })
  await host.app.apiTokens.revoke(id)
  await issue({ name: 'short', expires_in: 60 })
  const off = await issue({ name: 'off' })
  await host.app.apiTokens.update(off.id, { status: 'inactive' })
  host.clock.advance('26d')
  await issue({})
}
