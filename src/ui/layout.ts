/** The document around `<api-tokens>`: the page alone, or the host's own frame. */

import type { FastifyRequest } from 'fastify'
import { escapeHtml } from '../http/escape-html.ts'

/** What a frame puts into its document. Both pieces are HTML, ready to be sent. */
export interface PageParts {
  readonly lang: string
  /** In which direction `lang` is written. */
  readonly dir: 'ltr' | 'rtl'
  /** Text, not HTML. */
  readonly title: string
  /** For the `<head>`: the script that defines the element. */
  readonly head: string
  /** For the `<body>`: the element. */
  readonly content: string
  /** Where the style of the bare page is, for a frame that wants it. */
  readonly styleUrl: string
}

/** Renders the host's frame: a whole HTML document. */
export type Layout = (parts: PageParts, request: FastifyRequest) => string | Promise<string>

export function defaultLayout({ lang, dir, title, head, content, styleUrl }: PageParts): string {
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
