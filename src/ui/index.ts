/** `fastify-api-tokens/ui`: the API Tokens page as a Fastify plugin. */

import { apiTokensPage } from './api-tokens-page.ts'

export default apiTokensPage

export type { Layout, PageContent } from './layout.ts'
export { english } from './messages/english.ts'
export { german } from './messages/german.ts'
export type { Message, PluralMessage } from './messages/message.ts'
export type { MessageName, MessageOverrides, Messages } from './messages/messages.ts'
export type { ApiTokensPageOptions } from './page-options.ts'
export { apiTokensPage }
