/** `<api-tokens>` as other code sees it: its attributes and properties. */

import type { MessageOverrides } from '../messages/messages.ts'

/**
 * The API Tokens page as an element: `<api-tokens tokens-url="/tokens" sign-in-url="/sign-in"></api-tokens>`. Its look
 * comes from CSS custom properties, its language from `lang`.
 */
export interface ApiTokensElement extends HTMLElement {
  /** Where the token routes are; attribute `tokens-url`. Default: `/tokens`. */
  tokensUrl: string
  /** Where people sign in; attribute `sign-in-url`. Default: none, and no link. */
  signInUrl: string
  /** What the curl line of a new token calls; attribute `curl-url`. Default: the token's own record. */
  curlUrl: string
  /** Words of the host's own, in place of the shipped ones; attribute `messages`, as JSON. */
  messages: MessageOverrides
  /** Leaves the heading to the page around it; attribute `no-heading`. */
  noHeading: boolean
  /** Asks the service for the list again. */
  refresh(): Promise<void>
}

declare global {
  interface HTMLElementTagNameMap {
    'api-tokens': ApiTokensElement
  }
}
