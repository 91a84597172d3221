/** The page at `/settings/users`, where an administrator deactivates, reactivates and removes users. */
import type { FastifyPluginAsync } from 'fastify'
import { signedInUser } from '../sign-in/sessions.ts'
import type { User, UserDirectory } from '../users/users.ts'
import { type Html, html } from './html.ts'
import { sendPage } from './page.ts'

const PATH = '/settings/users'
const TITLE = 'Users'

/** Registers the page. It calls the routes under `/bodhi/v1/users`. */
export const usersPage: FastifyPluginAsync<{ readonly users: UserDirectory }> = async (app, { users }) => {
  app.get(PATH, { schema: { hide: true } }, async (request, reply) => {
    const user = await signedInUser(request, users)
    if (user === null) return sendPage(reply.code(401), { title: TITLE, content: signInFirst() })
    if (user.role !== 'administrator') {
      const content = html`<p class="card">Only administrators can see the users of this host.</p>`
      return sendPage(reply.code(403), { title: TITLE, content, user })
    }
    const people = await users.list()
    const content = html`
      <p class="faint">Deactivated users cannot sign in, and their tokens are refused until they are reactivated.
        The tokens of a removed user are revoked permanently.</p>
      <p id="message" class="message" role="status"></p>
      <ul class="people">${people.map((person) => row(person, user))}</ul>
      ${confirmation()}`
    const head = html`<script src="/assets/users.js" type="module"></script>`
    return sendPage(reply, { title: TITLE, content, head, user, path: PATH })
  })
}

function signInFirst(): Html {
  return html`<section class="card">
    <p>Sign in as an administrator to see the users of this host.</p>
    <p><a class="button primary" href="/sign-in">Sign in</a></p>
  </section>`
}

function row(person: User, administrator: User): Html {
  const active = person.status === 'active'
  return html`<li data-user="${person.id}" data-name="${person.name}">
    <div>
      <strong><bdi>${person.name}</bdi></strong> <span class="badge ${person.status}">${person.status}</span>
      <p class="faint">${person.id}, ${person.role.replace('_', ' ')}, last signed in
        <time datetime="${person.lastSignedInAt}">${day(person.lastSignedInAt)}</time></p>
    </div>
    ${
      person.id === administrator.id
        ? html`<p class="faint">This is you.</p>`
        : html`<div class="buttons">
            <button type="button" data-action="${active ? 'deactivate' : 'reactivate'}"
              aria-label="${active ? 'Deactivate' : 'Reactivate'} ${person.name}">${active ? 'Deactivate' : 'Reactivate'}</button>
            <button type="button" class="danger" data-action="remove" aria-label="Remove ${person.name}">Remove</button>
          </div>`
    }
  </li>`
}

function confirmation(): Html {
  return html`<dialog id="remove" aria-labelledby="remove-title">
    <h2 id="remove-title">Remove this user?</h2>
    <p><strong><bdi id="remove-name"></bdi></strong> loses all sessions, and all API tokens are revoked permanently.</p>
    <form method="dialog" class="buttons">
      <button value="" autofocus>Keep</button>
      <button value="remove" class="danger">Remove</button>
    </form>
  </dialog>`
}

function day(iso: string): string {
  return new Date(iso).toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    timeZone: 'UTC',
  })
}
