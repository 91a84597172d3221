/** A host with the administration page, listening on loopback, whose administrator is `root`. */

import type { Test } from 'tap'
import type { ApiTokensOptions } from '../../src/index.ts'
import { type ApiTokensAdminPageOptions, apiTokensAdminPage, type PageContent } from '../../src/ui/index.ts'
import { defaultLayout } from '../../src/ui/layout.ts'
import { type PageHost, startPageHost } from './page-host.ts'

export const ADMIN_PAGE = '/admin/api-tokens'

export interface AdminPageHostOptions {
  readonly tokens?: ApiTokensOptions
  readonly page?: ApiTokensAdminPageOptions
  readonly dir?: 'ltr' | 'rtl'
  /** Without the option `admin`. */
  readonly withoutAdmin?: boolean
}

export async function startAdminPage(t: Test, options: AdminPageHostOptions = {}): Promise<PageHost> {
  const { dir } = options
  return startPageHost(t, {
    tokens: {
      ownerTypes: ['service'],
      ...(options.withoutAdmin !== true && {
        admin: {
          authenticate: ({ headers }) => {
            const id = /(?:^|; )user=(\w+)/.exec(headers.cookie ?? '')?.[1]
            return id === 'root' ? { id } : null
          },
        },
      }),
      ...options.tokens,
    },
    addRoutes: (app) => {
      const layout = dir && ((content: PageContent) => defaultLayout({ ...content, dir }))
      app.register(apiTokensAdminPage, { prefix: ADMIN_PAGE, signInUrl: '/sign-in', layout, ...options.page })
    },
  })
}

/** Tokens of three owners, of each status, a day apart. */
export async function fill({ app, clock }: PageHost): Promise<void> {
  const { apiTokens } = app
  const ada = { kind: 'user', id: 'ada' } as const
  await apiTokens.issue({ userId: 'ada', name: 'deploy', scopes: ['models:read', 'chat:write'], by: ada })
  const gone = await apiTokens.issue({ userId: 'ada', name: 'gone', by: ada })
  await apiTokens.revoke(gone.token.id, { reason: 'leaked' })
  clock.advance('1d')
  await apiTokens.issue({ userId: 'bob', name: 'backup', scopes: ['models:read'], expiresIn: '60d' })
  const off = await apiTokens.issue({ userId: 'bob', name: 'off' })
  await apiTokens.update(off.token.id, { status: 'inactive' })
  clock.advance('1d')
  await apiTokens.issue({ userId: 'service:ci', name: 'nightly', by: { kind: 'admin', id: 'root' } })
  await apiTokens.issue({ userId: 'ada', expiresIn: '10d', by: ada })
  clock.advance('1h')
}
