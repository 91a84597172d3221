/** The page at `/settings/api-tokens`, where users generate their tokens, watch them and end them. */
import { type FastifyPluginAsyncTypebox, Type } from '@fastify/type-provider-typebox'
import { signedInUser } from '../sign-in/sessions.ts'
import { scopeCatalogue, scopesOf } from '../users/roles.ts'
import type { User, UserDirectory } from '../users/users.ts'
import { type Html, html } from './html.ts'
import { sendPage } from './page.ts'
import { tokenTable } from './token-table.ts'

export interface SettingsPageOptions {
  /** `null` in the non-authenticated mode, where there are neither users nor tokens. */
  readonly users: UserDirectory | null
  /** Where the page's script finds the token routes. */
  readonly tokensPath: string
}

const TITLE = 'API Tokens'
const PAGE_SIZE = 50

const Query = Type.Object({ cursor: Type.Optional(Type.String({ maxLength: 1_000 })) })

/** Registers the page. */
export const settingsPage: FastifyPluginAsyncTypebox<SettingsPageOptions> = async (app, options) => {
  const { users, tokensPath } = options

  app.get('/settings/api-tokens', { schema: { hide: true, querystring: Query } }, async (request, reply) => {
    if (!users) return sendPage(reply, { title: 'API Tokens Not Available', content: notAvailable() })

    const user = signedInUser(request, users)
    if (!user) return sendPage(reply, { title: TITLE, content: signInFirst() })

    const { cursor } = request.query
    const page = await app.apiTokens.list({ userId: user.id, limit: PAGE_SIZE, ...(cursor && { cursor }) })
    const content = html`
        ${introduction()}
        ${generateForm(user)}
        <section id="tokens" data-tokens-path="${tokensPath}" aria-labelledby="tokens-title">
          <h2 id="tokens-title">Your tokens <small>${page.total}</small></h2>
          ${tokenTable(page.data)}
          ${page.nextCursor && html`<p><a href="?cursor=${encodeURIComponent(page.nextCursor)}">Older tokens</a></p>`}
        </section>
        ${dialogs()}
        <script src="/assets/settings.js" type="module"></script>`
    return sendPage(reply, { title: TITLE, content, aside: whoIsThere(user) })
  })
}

function notAvailable(): Html {
  return html`<section class="card">
    <p>This host runs in the non-authenticated mode: its API is open to everyone who reaches it, so there is
      nobody to give a token to.</p>
    <p>Start it without <code>BODHI_AUTH=none</code> to sign people in and to use API tokens.</p>
  </section>`
}

function signInFirst(): Html {
  return html`<section class="card">
    <p>Sign in to generate API tokens, and to see and revoke yours.</p>
    <p><a class="button" href="/sign-in">Sign in</a></p>
  </section>`
}

function introduction(): Html {
  return html`<p>Programs call this host with a token in place of your session:
      <code>Authorization: Bearer …</code>. A token that lies unused for 30 days goes idle.</p>
    <noscript><p class="message error">This page needs JavaScript to change tokens.</p></noscript>
    <p id="message" class="message" role="status" hidden></p>`
}

function whoIsThere(user: User): Html {
  return html`<span class="who">${user.name} (${user.id}, ${user.role.replace('_', ' ')})</span>
    <form method="post" action="/sign-out"><button>Sign out</button></form>`
}

function generateForm(user: User): Html {
  return html`<section class="card" aria-labelledby="generate-title">
    <h2 id="generate-title">Generate a token</h2>
    <form id="generate">
      <label>Name <input name="name" maxlength="100" autocomplete="off" placeholder="What will use it?"></label>
      <fieldset>
        <legend>Scopes</legend>
        ${scopesOf(user.role).map(
          (scope) => html`<label class="choice"><input type="checkbox" name="scope" value="${scope}" checked>
            <span><code>${scope}</code> ${scopeCatalogue[scope]}</span></label>`,
        )}
      </fieldset>
      <label>Expires
        <select name="expires_in">
          <option value="">Never, while it is used</option>
          <option value="2592000">In 30 days</option>
          <option value="7776000">In 90 days</option>
          <option value="31536000">In a year</option>
        </select>
      </label>
      <button class="primary">Generate</button>
    </form>
  </section>`
}

function dialogs(): Html {
  return html`
    <dialog id="generated" aria-labelledby="generated-title" closedby="none">
      <h2 id="generated-title">Copy your token now</h2>
      <p>It is shown only now: the host cannot show it again.</p>
      <label>Token <textarea id="credential" rows="5" readonly spellcheck="false"></textarea></label>
      <p id="copied" class="message" role="status"></p>
      <div class="buttons">
        <button type="button" id="copy" class="primary">Copy</button>
        <button type="button" id="done">Done</button>
      </div>
    </dialog>
    <dialog id="rename" aria-labelledby="rename-title">
      <h2 id="rename-title">Rename the token</h2>
      <form method="dialog">
        <label>Name <input name="name" maxlength="100" autocomplete="off"></label>
        <div class="buttons">
          <button value="rename" class="primary">Rename</button>
          <button value="" formnovalidate>Cancel</button>
        </div>
      </form>
    </dialog>
    <dialog id="revoke" aria-labelledby="revoke-title">
      <h2 id="revoke-title">Revoke this token?</h2>
      <p><strong id="revoke-name"></strong> stops working at once, for good. Streams that it began end.</p>
      <form method="dialog" class="buttons">
        <button value="revoke" class="danger">Revoke</button>
        <button value="" autofocus>Keep it</button>
      </form>
    </dialog>`
}
