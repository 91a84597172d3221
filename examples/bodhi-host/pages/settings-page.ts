/** The page at `/settings/api-tokens`: the one that the package brings, in the host's frame. */
import type { FastifyPluginAsync } from 'fastify'
import { apiTokensPage } from 'fastify-api-tokens/ui'
import { signedInUser } from '../sign-in/sessions.ts'
import type { UserDirectory } from '../users/users.ts'
import { raw } from './html.ts'
import { frame } from './page.ts'

export interface SettingsPageOptions {
  /** `null` in the non-authenticated mode, where there are neither users nor tokens. */
  readonly users: UserDirectory | null
  /** Where the page finds the token routes. */
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
        // Both are made by the plugin, as HTML.
        head: raw(head),
        content: raw(content),
        user: users && (await signedInUser(request, users)),
        path: PATH,
      }),
  })
}
