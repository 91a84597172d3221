/** The public interface of `<api-tokens>`: its attributes and properties. */

import type { MessageOverrides } from '../messages/messages.ts'

/**
 * The API Tokens page as an element: `<api-tokens tokens-url="/tokens" sign-in-url="/sign-in"></api-tokens>`. It is
 * styled by CSS custom properties; its language is the `lang` of the nearest element.
 */
export interface ApiTokensElement extends HTMLElement {
  /** The path of the token routes; attribute `tokens-url`. Default: `/tokens`. */
  tokensUrl: string
  /** The URL of the sign-in page; attribute `sign-in-url`. Default: no link is shown. */
  signInUrl: string
  /** The URL in the curl example of a new token; attribute `curl-url`. Default: `current` below `tokens-url`. */
  curlUrl: string
  /** Messages that replace the English ones; attribute `messages`, as JSON. */
  messages: MessageOverrides
  /** Hides the heading, for pages with their own; attribute `no-heading`. */
  noHeading: boolean
  /** Loads the list again. */
  refresh(): Promise<void>
}

declare global {
  interface HTMLElementTagNameMap {
    'api-tokens': ApiTokensElement
  }
}
