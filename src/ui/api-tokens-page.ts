/** The API Tokens page as a Fastify plugin. */

import type { FastifyInstance } from 'fastify'
import { scriptAsset } from './asset.ts'
import { english } from './messages/english.ts'
import { messagesFor } from './messages/languages.ts'
import type { PageElement } from './page-content.ts'
import { type ApiTokensPageOptions, readPageOptions } from './page-options.ts'
import { servePage } from './serve-page.ts'

const ELEMENT: PageElement = { name: 'api-tokens', pathAttribute: 'tokens-url', english }

/**
 * Registers the page under its prefix. The page itself needs no session: its script calls the token routes, which call
 * `authenticateUser`.
 *
 * @example app.register(apiTokensPage, { prefix: '/settings/api-tokens', signInUrl: '/sign-in' })
 */
export async function apiTokensPage(fastify: FastifyInstance, options: ApiTokensPageOptions): Promise<void> {
  const settings = readPageOptions(options)
  const messages = { ...messagesFor(settings.lang), ...settings.messages }
  servePage(fastify, { element: ELEMENT, settings, messages, script: scriptAsset })
}
