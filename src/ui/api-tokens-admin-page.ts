/** The administration page as a Fastify plugin. */

import type { FastifyInstance } from 'fastify'
import { packedAdminScript } from './admin-assets.ts'
import { unpackScript } from './asset.ts'
import { adminEnglish } from './messages/admin-english.ts'
import { english } from './messages/english.ts'
import { adminMessagesFor } from './messages/languages.ts'
import type { PageElement } from './page-content.ts'
import { type ApiTokensAdminPageOptions, readAdminPageOptions } from './page-options.ts'
import { servePage } from './serve-page.ts'

const ELEMENT: PageElement = {
  name: 'api-tokens-admin',
  pathAttribute: 'admin-url',
  english: { ...english, ...adminEnglish },
}

/**
 * Registers the page under its prefix. The page itself needs no session and contains no data: its script calls the
 * administration routes, which call `admin.authenticate`.
 *
 * @example app.register(apiTokensAdminPage, { prefix: '/admin/api-tokens', signInUrl: '/sign-in' })
 */
export async function apiTokensAdminPage(
  fastify: FastifyInstance,
  options: ApiTokensAdminPageOptions,
): Promise<void> {
  const settings = readAdminPageOptions(options)
  const messages = { ...adminMessagesFor(settings.lang), ...settings.messages }
  servePage(fastify, { element: ELEMENT, settings, messages, script: unpackScript(packedAdminScript) })
}
