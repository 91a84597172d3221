/** Makes the content of a layout: the element with its attributes, and the script that defines it. */

import { escapeHtml } from '../http/escape-html.ts'
import type { PageContent } from './layout.ts'
import type { Message, MessageTable } from './messages/message.ts'
import type { PageSettings } from './page-options.ts'
import { textDirection } from './text-direction.ts'

/** The element of a page. */
export interface PageElement {
  readonly name: 'api-tokens' | 'api-tokens-admin'
  /** The attribute with the path of the routes. */
  readonly pathAttribute: 'tokens-url' | 'admin-url'
  /** The messages that the element contains. */
  readonly english: MessageTable
}

export interface PageContentRequest {
  readonly element: PageElement
  readonly settings: PageSettings
  /** The messages of the page's language, with those that the host replaces. */
  readonly messages: Readonly<Record<string, Message>>
  readonly scriptUrl: string
  readonly styleUrl: string
}

export function pageContent(request: PageContentRequest): PageContent {
  const { element, settings, messages, scriptUrl, styleUrl } = request
  const { lang, path, signInUrl, curlUrl } = settings
  const otherWords = Object.entries(messages).filter(([name, message]) => message !== element.english[name])
  const dir = textDirection(lang)
  const attributes = {
    lang,
    // Otherwise it is that of the host's frame.
    dir: dir === 'rtl' ? dir : undefined,
    [element.pathAttribute]: path,
    'sign-in-url': signInUrl,
    'curl-url': curlUrl,
    // The element knows English by itself.
    messages: otherWords.length === 0 ? undefined : JSON.stringify(Object.fromEntries(otherWords)),
  }
  return {
    lang,
    dir,
    title: settings.title ?? String(messages['title']),
    head: `<script type="module" src="${escapeHtml(scriptUrl)}"></script>`,
    content: `<${element.name}${formatAttributes(attributes)}></${element.name}><noscript>${escapeHtml(String(messages['needsJavaScript']))}</noscript>`,
    styleUrl,
  }
}

function formatAttributes(attributes: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(attributes)
    .map(([name, value]) => (value === undefined ? '' : ` ${name}="${escapeHtml(value)}"`))
    .join('')
}
