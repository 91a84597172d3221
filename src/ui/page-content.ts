/** Makes the content of a layout: the element with its attributes, and the script that defines it. */

import { escapeHtml } from '../http/escape-html.ts'
import type { PageContent } from './layout.ts'
import { english } from './messages/english.ts'
import type { MessageName, Messages } from './messages/messages.ts'
import type { PageSettings } from './page-options.ts'
import { textDirection } from './text-direction.ts'

export interface PageContentRequest {
  readonly settings: PageSettings
  readonly messages: Messages
  readonly scriptUrl: string
  readonly styleUrl: string
}

export function pageContent(request: PageContentRequest): PageContent {
  const { settings, messages, scriptUrl, styleUrl } = request
  const { lang, tokensPath, signInUrl, curlUrl } = settings
  const otherWords = Object.entries(messages).filter(
    ([name, message]) => message !== english[name as MessageName],
  )
  const dir = textDirection(lang)
  const attributes = {
    lang,
    // Otherwise it is that of the host's frame.
    dir: dir === 'rtl' ? dir : undefined,
    'tokens-url': tokensPath,
    'sign-in-url': signInUrl,
    'curl-url': curlUrl,
    // The element knows English by itself.
    messages: otherWords.length === 0 ? undefined : JSON.stringify(Object.fromEntries(otherWords)),
  }
  return {
    lang,
    dir,
    title: settings.title ?? String(messages.title),
    head: `<script type="module" src="${escapeHtml(scriptUrl)}"></script>`,
    content: `<api-tokens${formatAttributes(attributes)}></api-tokens><noscript>${escapeHtml(String(messages.needsJavaScript))}</noscript>`,
    styleUrl,
  }
}

function formatAttributes(attributes: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(attributes)
    .map(([name, value]) => (value === undefined ? '' : ` ${name}="${escapeHtml(value)}"`))
    .join('')
}
