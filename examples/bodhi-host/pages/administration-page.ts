/** The page at `/settings/all-api-tokens`: the package's administration page in the host's layout. */
import type { FastifyPluginAsync } from 'fastify'
import { apiTokensAdminPage } from 'fastify-api-tokens/ui'
import { signedInUser } from '../sign-in/sessions.ts'
import type { UserDirectory } from '../users/users.ts'
import { raw } from './html.ts'
import { frame } from './page.ts'

export interface AdministrationPageOptions {
  readonly users: UserDirectory
  /** The path of the administration routes. */
  readonly adminPath: string
}

const PATH = '/settings/all-api-tokens'

/** Registers the page. It contains no data: its routes respond only to administrators. */
export const administrationPage: FastifyPluginAsync<AdministrationPageOptions> = async (
  app,
  { users, adminPath },
) => {
  await app.register(apiTokensAdminPage, {
    prefix: PATH,
    adminPath,
    signInUrl: '/sign-in',
    curlUrl: '/v1/models',
    layout: async ({ title, head, content }, request) =>
      frame({
        title,
        // Both are HTML from the plugin.
        head: raw(head),
        content: raw(content),
        user: await signedInUser(request, users),
        path: PATH,
      }),
  })
}
