/** The public interface of `<api-tokens-admin>`: its attributes and properties. */

import type { AdminMessageOverrides } from '../../messages/messages.ts'

/**
 * The administration page as an element: `<api-tokens-admin admin-url="/admin/tokens" sign-in-url="/sign-in">`. It is
 * styled by CSS custom properties; its language is the `lang` of the nearest element.
 */
export interface ApiTokensAdminElement extends HTMLElement {
  /** The path of the administration routes; attribute `admin-url`. Default: `/admin/tokens`. */
  adminUrl: string
  /** The URL of the sign-in page for administrators; attribute `sign-in-url`. Default: no link is shown. */
  signInUrl: string
  /** The URL in the curl example of a new token; attribute `curl-url`. Default: `/tokens/current`. */
  curlUrl: string
  /** Messages that replace the English ones; attribute `messages`, as JSON. */
  messages: AdminMessageOverrides
  /** Hides the heading, for pages with their own; attribute `no-heading`. */
  noHeading: boolean
  /** Loads the list again. */
  refresh(): Promise<void>
}

declare global {
  interface HTMLElementTagNameMap {
    'api-tokens-admin': ApiTokensAdminElement
  }
}
