/** The layout of all pages of the host. */
import type { FastifyReply } from 'fastify'
import type { User } from '../users/users.ts'
import { type Html, html } from './html.ts'

export interface Page {
  readonly title: string
  readonly content: Html
  /** Additional elements for the `<head>`. */
  readonly head?: Html
  /** The signed-in user, whose name is in the header next to the sign-out button. */
  readonly user?: User | null
  /** The page's path, which is highlighted in the navigation. */
  readonly path?: string
}

const TOKENS = { path: '/settings/api-tokens', label: 'API Tokens' }
const USERS = { path: '/settings/users', label: 'Users' }
const ALL_TOKENS = { path: '/settings/all-api-tokens', label: 'All Tokens' }
const DOCS = { path: '/docs', label: 'API' }

/** Sends a page with `no-store`, because most pages show data of one user. */
export function sendPage(reply: FastifyReply, page: Page): FastifyReply {
  const content = html`<h1>${page.title}</h1>${page.content}`
  return reply
    .header('cache-control', 'no-store')
    .type('text/html; charset=utf-8')
    .send(frame({ ...page, content }))
}

/** The document of a page. */
export function frame({ title, content, head, user, path }: Page): string {
  const places = user?.role === 'administrator' ? [TOKENS, ALL_TOKENS, USERS, DOCS] : [TOKENS, DOCS]
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
