/** `fastify-api-tokens/ui`: the API Tokens page and the administration page as Fastify plugins. */

import { apiTokensPage } from './api-tokens-page.ts'

export default apiTokensPage

export { apiTokensAdminPage } from './api-tokens-admin-page.ts'
export type { Layout, PageContent } from './layout.ts'
export { adminEnglish } from './messages/admin-english.ts'
export { adminGerman } from './messages/admin-german.ts'
export { english } from './messages/english.ts'
export { german } from './messages/german.ts'
export type { Message, PluralMessage } from './messages/message.ts'
export type {
  AdminMessageName,
  AdminMessageOverrides,
  AdminMessages,
  MessageName,
  MessageOverrides,
  Messages,
} from './messages/messages.ts'
export type { ApiTokensAdminPageOptions, ApiTokensPageOptions } from './page-options.ts'
export { apiTokensPage }
