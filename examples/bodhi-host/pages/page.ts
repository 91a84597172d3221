/** The frame that all pages of the host share. */
import type { FastifyReply } from 'fastify'
import { type Html, html } from './html.ts'

export interface Page {
  readonly title: string
  readonly content: Html
  /** What stands at the right of the header: who is signed in, and the way out. */
  readonly aside?: Html
}

/** Sends a page. No cache keeps it: most pages show what belongs to one person. */
export function sendPage(reply: FastifyReply, page: Page): FastifyReply {
  return reply.header('cache-control', 'no-store').type('text/html; charset=utf-8').send(frame(page))
}

function frame({ title, content, aside }: Page): string {
  return String(
    html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${title} · Bodhi host</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="/assets/settings.css">
</head>
<body>
  <header class="bar">
    <a class="brand" href="/">Bodhi host</a>
    <a href="/docs">API</a>
    ${aside}
  </header>
  <main>
    <h1>${title}</h1>
    ${content}
  </main>
</body>
</html>
`,
  )
}
