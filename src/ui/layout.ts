/** The HTML document around `<api-tokens>`: the default one, or the host's own layout. */

import type { FastifyRequest } from 'fastify'
import { escapeHtml } from '../http/escape-html.ts'

/** What a layout puts into its document. `head` and `content` are HTML. */
export interface PageContent {
  readonly lang: string
  /** The text direction of `lang`. */
  readonly dir: 'ltr' | 'rtl'
  /** Plain text: escape it. */
  readonly title: string
  /** For the `<head>`: the script that defines the element. */
  readonly head: string
  /** For the `<body>`: the element. */
  readonly content: string
  /** The URL of the default layout's style sheet, for layouts that want it. */
  readonly styleUrl: string
}

/** Renders a whole HTML document around the page. */
export type Layout = (content: PageContent, request: FastifyRequest) => string | Promise<string>

export function defaultLayout({ lang, dir, title, head, content, styleUrl }: PageContent): string {
  return `<!doctype html>
<html lang="${escapeHtml(lang)}" dir="${dir}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${escapeHtml(styleUrl)}">
${head}
</head>
<body>
<main>${content}</main>
</body>
</html>
`
}
