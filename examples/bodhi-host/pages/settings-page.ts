/** The page at `/settings/api-tokens`: the package's page in the host's layout. */
import type { FastifyPluginAsync } from 'fastify'
import { apiTokensPage } from 'fastify-api-tokens/ui'
import { signedInUser } from '../sign-in/sessions.ts'
import type { UserDirectory } from '../users/users.ts'
import { raw } from './html.ts'
import { frame } from './page.ts'

export interface SettingsPageOptions {
  /** `null` in the non-authenticated mode, where there are neither users nor tokens. */
  readonly users: UserDirectory | null
  /** The path of the token routes. */
  readonly tokensPath: string
}

const PATH = '/settings/api-tokens'

/** Registers the page. */
export const settingsPage: FastifyPluginAsync<SettingsPageOptions> = async (app, { users, tokensPath }) => {
  await app.register(apiTokensPage, {
    prefix: PATH,
    tokensPath,
    signInUrl: '/sign-in',
    curlUrl: '/v1/models',
    layout: async ({ title, head, content }, request) =>
      frame({
        title,
        // Both are HTML from the plugin.
        head: raw(head),
        content: raw(content),
        user: users && (await signedInUser(request, users)),
        path: PATH,
      }),
  })
}
