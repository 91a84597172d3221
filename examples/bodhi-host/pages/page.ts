/** The frame that all pages of the host share. */
import type { FastifyReply } from 'fastify'
import type { User } from '../users/users.ts'
import { type Html, html } from './html.ts'

export interface Page {
  readonly title: string
  readonly content: Html
  /** What the page needs in its `<head>` beside the style of all. */
  readonly head?: Html
  /** Who is signed in: named at the right of the header, beside the way out. */
  readonly user?: User | null
  /** The page's own path, which the navigation marks. */
  readonly path?: string
}

const TOKENS = { path: '/settings/api-tokens', label: 'API Tokens' }
const USERS = { path: '/settings/users', label: 'Users' }
const DOCS = { path: '/docs', label: 'API' }

/** Sends a page under its title. No cache keeps it: most pages show what belongs to one person. */
export function sendPage(reply: FastifyReply, page: Page): FastifyReply {
  const content = html`<h1>${page.title}</h1>${page.content}`
  return reply
    .header('cache-control', 'no-store')
    .type('text/html; charset=utf-8')
    .send(frame({ ...page, content }))
}

/** The document of a page. */
export function frame({ title, content, head, user, path }: Page): string {
  const places = user?.role === 'administrator' ? [TOKENS, USERS, DOCS] : [TOKENS, DOCS]
  return String(
    html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${title} · Bodhi host</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="/assets/bodhi.css">
  ${head}
</head>
<body>
  <header class="bar">
    <a class="brand" href="/">Bodhi host</a>
    <nav aria-label="Pages">
      ${places.map((place) => html`<a href="${place.path}"${place.path === path && html` aria-current="page"`}>${place.label}</a> `)}
    </nav>
    ${user && whoIsThere(user)}
  </header>
  <main>
    ${content}
  </main>
</body>
</html>
`,
  )
}

function whoIsThere(user: User): Html {
  return html`<span class="who">${user.name} (${user.id}, ${user.role.replace('_', ' ')})</span>
    <form method="post" action="/sign-out"><button>Sign out</button></form>`
}
